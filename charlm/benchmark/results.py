"""What `charlm bench` says of each cell and size: all of its figures, as one flat row. Does the timing; prints nothing.

A row has the cell, the size, characters per second (`best`, `median`), those of what it is compared to
(`plain_median`, and `ratio`, how many times faster), those that the hardware would allow (`limit`) and the `share` of
them that is reached. With `parts`, it says where the time goes: seconds by part.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from charlm.benchmark import flops, hardware, sampling_job, scoring_job, timing, training_job
from charlm.benchmark.stopwatch import parts_of_update
from charlm.benchmark.workload import VOCAB_SIZE, language_model, model_of, random_ids, stepper_of
from charlm.config.settings import ModelSettings
from charlm.device import Compute, choose_compute
from charlm.model.stepping import DefinitionStepper

STEPS = 20  # that many streams take at least, where there is enough length

Row = dict[str, Any]
Size = tuple[int, int]  # layers, and units of each


def of_training(
    cells: Sequence[str], sizes: Sequence[Size], window: Size, compute: Compute, plain: bool, parts: bool
) -> list[Row]:
    """Whole updates over windows of (B, T); all cells of a size in turn, round after round."""
    from charlm.model.stack import unroll_layer

    characters = window[0] * window[1]
    rows = []
    for size in sizes:
        models = {cell: model_of(cell, *size) for cell in cells}
        jobs = {"plain": training_job.plain_training(*size, *window, compute)} if plain else {}
        for cell, model in models.items():
            jobs[cell] = training_job.training(model, *window, compute)
            if plain:
                jobs[f"{cell}, step by step"] = training_job.training(model, *window, compute, unroll_layer)
        speeds = timing.race(jobs)
        for cell, model in models.items():
            needed = flops.of_update(model, VOCAB_SIZE, *window)
            row = _row(cell, model, speeds[cell], speeds.get("plain"))
            row |= _beside_products(row, needed, characters, compute)
            if plain:
                loop = speeds[f"{cell}, step by step"]
                row |= {"loop_median": round(loop.median), "loop_ratio": round(loop.over(speeds["plain"]), 2)}
            if parts:
                row |= _shares(parts_of_update(model, *window, compute), characters, speeds[cell])
            rows.append(row)
    return rows


def of_sampling(
    cells: Sequence[str], sizes: Sequence[Size], counts: Sequence[int], length: int, plain: bool, parts: bool
) -> list[Row]:
    """Characters drawn and fed back, for each of the counts of streams side by side, which share out the length."""
    steps = {count: max(length // count, min(length, STEPS)) for count in counts}
    wanted = [(cell, size, count) for size in sizes for cell in cells for count in counts]
    rows = []
    speeds = []
    # All of ours first: once torch has started its threads, they take time from numpy's.
    for cell, size, count in wanted:
        model = model_of(cell, *size)
        stepper = stepper_of(model)
        speeds.append(_alone(sampling_job.sampling(stepper, count, steps[count])))
        rows.append({**_row(cell, model, speeds[-1], None), "streams": count})
        if parts:
            parts_of = sampling_job.parts_of_sampling(stepper, count, steps[count])
            rows[-1] |= _shares(parts_of, count * steps[count], speeds[-1])
    compute = choose_compute("cpu", "fp32")
    baselines = {
        (size, count): _alone(sampling_job.plain_sampling(*size, count, min(steps[count], 200)))
        for size, count in (itertools.product(sizes, counts) if plain else ())
    }
    for (cell, size, count), speed, row in zip(wanted, speeds, rows, strict=True):
        model = model_of(cell, *size)
        if plain:
            row |= _beside(speed, baselines[size, count])
        if count > 1:
            row |= _beside_products(row, flops.of_forward(model, VOCAB_SIZE, count, 1), count, compute)
            continue
        size_in_bytes = flops.streamed_weights(model, VOCAB_SIZE) * stepper_of(model).bytes_per_weight
        rate = hardware.streaming_speed(size_in_bytes, compute.threads)
        row |= {"bytes_per_character": size_in_bytes, "bytes_per_second": round(rate)}
        row |= _limited(row, rate / size_in_bytes)
    return rows


def of_scoring(
    cells: Sequence[str], sizes: Sequence[Size], length: int, beginning: int, plain: bool, parts: bool
) -> list[Row]:
    """Exact scores of a text, and of its beginning as one stream, whose figure must be the same."""
    from charlm.evaluation.scorers import NumpyScorer
    from charlm.evaluation.scoring import LANES, WINDOW, score_stream

    ids = random_ids(length + 1)
    first = ids[: beginning + 1]
    models = [(cell, model_of(cell, *size)) for size in sizes for cell in cells]
    rows = []
    for cell, model in models:
        scorer, stepper = NumpyScorer(language_model(model)), DefinitionStepper(language_model(model))
        jobs = {"ours": scoring_job.scoring(scorer, ids)} | (
            {"plain": scoring_job.one_stream(stepper, first)} if plain else {}
        )
        speeds = timing.race(jobs, repeats=5, warm_up=1)
        row = _row(cell, model, speeds["ours"], speeds.get("plain"))
        if plain:
            row["bits"] = round(score_stream(scorer, first).bits_per_character, 6)
            row["plain_bits"] = round(scoring_job.bits_of_one_stream(stepper, first), 6)
        if parts:
            cost = scoring_job.cost_of_scoring(scorer, ids)
            row["readings"] = round(cost.readings, 3)
            row |= _shares(cost.parts, length, speeds["ours"])
        rows.append(row)
    compute = choose_compute("cpu", "fp32")  # until here only numpy had threads
    for (_, model), row in zip(models, rows, strict=True):
        row |= _beside_products(row, flops.of_forward(model, VOCAB_SIZE, LANES, WINDOW), LANES * WINDOW, compute)
    return rows


def _alone(job: timing.Job) -> timing.Speed:
    return timing.race({"": job}, warm_up=1)[""]


def _row(cell: str, model: ModelSettings, speed: timing.Speed, baseline: timing.Speed | None) -> Row:
    size = f"{model.num_layers}x{model.hidden_size}"
    row = {"cell": cell, "size": size, "best": round(speed.best), "median": round(speed.median)}
    return row | (_beside(speed, baseline) if baseline else {"plain_median": None, "ratio": None})


def _beside(speed: timing.Speed, baseline: timing.Speed) -> Row:
    return {"plain_median": round(baseline.median), "ratio": round(speed.over(baseline), 2)}


def _limited(row: Row, limit: float) -> Row:
    return {"limit": round(limit), "share": round(row["best"] / limit, 3)}


def _beside_products(row: Row, needed: Sequence[flops.Product], characters: int, compute: Compute) -> Row:
    """Beside the matrix products that so many characters need."""
    limit = characters / hardware.product_seconds(needed, compute)
    gflops = flops.flops(needed) / characters * row["best"] / 1e9
    return {**_limited(row, limit), "gflops": round(gflops, 1)}


def _shares(parts: dict[str, float], characters: int, speed: timing.Speed) -> Row:
    """Where the time goes, beside how long the same takes when nobody looks: milliseconds both."""
    return {
        "milliseconds": round(1e3 * characters / speed.best, 3),
        "parts": {part: round(1e3 * seconds, 3) for part, seconds in parts.items()},
    }
