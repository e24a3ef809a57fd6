"""What `charlm bench` prints about each cell and size: all figures, as one flat row. Prints nothing itself.

A row has the cell, the size, characters per second (`best`, `median`), those of the comparison (`plain_median`, and
`ratio`, how many times as fast), those that the hardware would allow (`limit`) and the `share` of the limit that is
reached. With `parts`, it also has the milliseconds of each part. Knows no engine and no terminal.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from charlm.benchmark import flops, hardware, sampling_job, scoring_job, training_job
from charlm.benchmark.timing import REPEATS, Job, Speed, time_in_turn
from charlm.benchmark.workload import (
    VOCAB_SIZE,
    chosen_stepper,
    definition_stepper,
    model_settings_of,
    random_ids,
    random_model,
)
from charlm.config.cell_files import short_name
from charlm.config.settings import ModelSettings
from charlm.device import Compute, choose_compute
from charlm.engines.choices import engines_of

LEAST_STEPS = 20  # of each of many streams, unless the length is shorter
MOST_PLAIN_STEPS = 200

Row = dict[str, Any]
Size = tuple[int, int]  # layers, units of each


def training_results(
    cells: Sequence[str], sizes: Sequence[Size], window: Size, compute: Compute, plain: bool, parts: bool
) -> list[Row]:
    """Whole updates over windows (B, T). All cells of a size are timed in turn, round after round."""
    characters = window[0] * window[1]
    rows = []
    for size in sizes:
        models = {cell: model_settings_of(cell, *size) for cell in cells}
        jobs = {"plain": training_job.plain_training_job(*size, *window, compute)} if plain else {}
        for cell, settings in models.items():
            jobs[cell] = training_job.training_job(settings, *window, compute)
            if plain:
                jobs[f"{cell}, step by step"] = training_job.step_by_step_job(settings, *window, compute)
        speeds = time_in_turn(jobs)
        for cell, settings in models.items():
            products = flops.update_products(settings, VOCAB_SIZE, *window)
            row = _row(cell, settings, speeds[cell], speeds.get("plain"))
            row |= _limit_by_products(row, products, characters, compute)
            engines = engines_of(settings, compute)
            row["engine"] = ", ".join(dict.fromkeys(engines.train))
            row["note"] = "; ".join(engines.notes) or None
            if plain:
                loop = speeds[f"{cell}, step by step"]
                row |= {"loop_median": round(loop.median), "loop_ratio": round(loop.over(speeds["plain"]), 2)}
            if parts:
                seconds = training_job.time_parts_of_update(settings, *window, compute)
                row |= milliseconds(seconds, characters, speeds[cell])
            rows.append(row)
    return rows


def sampling_results(
    cells: Sequence[str],
    sizes: Sequence[Size],
    counts: Sequence[int],
    length: int,
    plain: bool,
    parts: bool,
    rounds: int = REPEATS,
) -> list[Row]:
    """Characters drawn and fed back, for each count of streams. The streams of a row share the length."""
    steps = {count: steps_of(length, count) for count in counts}
    wanted = [(cell, size, count) for size in sizes for cell in cells for count in counts]
    rows = []
    speeds = []
    # charlm's own timings come first: once torch has started its threads, they slow numpy's down.
    for cell, size, count in wanted:
        settings = model_settings_of(cell, *size)
        stepper = chosen_stepper(settings)
        speeds.append(_time_alone(sampling_job.sampling_job(stepper, count, steps[count]), rounds))
        rows.append({**_row(cell, settings, speeds[-1], None), "streams": count})
        if parts:
            seconds = sampling_job.time_parts_of_sampling(stepper, count, steps[count])
            rows[-1] |= milliseconds(seconds, count * steps[count], speeds[-1])
    compute = choose_compute("cpu", "fp32")
    baselines = {
        (size, count): _time_alone(
            sampling_job.plain_sampling_job(*size, count, min(steps[count], MOST_PLAIN_STEPS)), rounds
        )
        for size, count in (itertools.product(sizes, counts) if plain else ())
    }
    for (cell, size, count), speed, row in zip(wanted, speeds, rows, strict=True):
        settings = model_settings_of(cell, *size)
        if plain:
            row |= _comparison(speed, baselines[size, count])
        if count > 1:
            products = flops.forward_products(settings, VOCAB_SIZE, count, 1)
            row |= _limit_by_products(row, products, count, compute)
        else:
            row |= _limit_by_memory(row, settings, compute)
    return rows


def scoring_results(
    cells: Sequence[str], sizes: Sequence[Size], length: int, beginning: int, plain: bool, parts: bool
) -> list[Row]:
    """Exact scores of a text; for comparison its beginning read as one stream, whose score must agree."""
    from charlm.evaluation.scorers import NumpyScorer
    from charlm.evaluation.scoring import WINDOW, lanes_of, score_stream

    ids = random_ids(length + 1)
    first, lanes = ids[: beginning + 1], lanes_of(length)
    models = [(cell, model_settings_of(cell, *size)) for size in sizes for cell in cells]
    rows = []
    for cell, settings in models:
        scorer, stepper = NumpyScorer(random_model(settings)), definition_stepper(settings)
        jobs = {"exact": scoring_job.scoring_job(scorer, ids)}
        if plain:
            jobs["plain"] = scoring_job.one_stream_job(stepper, first)
        speeds = time_in_turn(jobs, repeats=5, warm_up=1)
        row = _row(cell, settings, speeds["exact"], speeds.get("plain"))
        if plain:
            row["bits"] = round(score_stream(scorer, first).bits_per_character, 6)
            row["plain_bits"] = round(scoring_job.bits_of_one_stream(stepper, first), 6)
        if parts:
            cost = scoring_job.measure_scoring_cost(scorer, ids)
            row["readings"] = round(cost.readings, 3)
            row |= milliseconds(cost.parts, length, speeds["exact"])
        rows.append(row)
    compute = choose_compute("cpu", "fp32")  # starts torch's threads, so it comes after the timings of numpy
    for (_, settings), row in zip(models, rows, strict=True):
        products = flops.forward_products(settings, VOCAB_SIZE, lanes, WINDOW)
        row |= _limit_by_products(row, products, lanes * WINDOW, compute)
    return rows


def _time_alone(job: Job, rounds: int) -> Speed:
    return time_in_turn({"": job}, rounds, warm_up=1)[""]


def _row(cell: str, model_settings: ModelSettings, speed: Speed, baseline: Speed | None) -> Row:
    size = f"{model_settings.num_layers}x{model_settings.hidden_size}"
    row = {"cell": short_name(cell), "size": size, "best": round(speed.best), "median": round(speed.median)}
    return row | (_comparison(speed, baseline) if baseline else {"plain_median": None, "ratio": None})


def _comparison(speed: Speed, baseline: Speed) -> Row:
    return {"plain_median": round(baseline.median), "ratio": round(speed.over(baseline), 2)}


def _limit(row: Row, limit: float) -> Row:
    return {"limit": round(limit), "share": round(row["best"] / limit, 3)}


def _limit_by_products(row: Row, products: Sequence[flops.Product], characters: int, compute: Compute) -> Row:
    """The limit that the matrix products of so many characters set, and the operations per second that are reached."""
    limit = characters / hardware.measure_products(products, compute)
    gflops = flops.count_flops(products) / characters * row["best"] / 1e9
    return {**_limit(row, limit), "gflops": round(gflops, 1)}


def _limit_by_memory(row: Row, model_settings: ModelSettings, compute: Compute) -> Row:
    """The limit that reading the weights once for every character sets."""
    weights = flops.count_weights_read(model_settings, VOCAB_SIZE)
    size = weights * chosen_stepper(model_settings).bytes_per_weight
    rate = hardware.measure_read_speed(size, compute.threads)
    return {"bytes_per_character": size, "bytes_per_second": round(rate), **_limit(row, rate / size)}


def steps_of(length: int, streams: int) -> int:
    """Characters of each stream, if all streams share the length: enough of each for a timing."""
    return max(length // streams, min(length, LEAST_STEPS))


def milliseconds(seconds: Mapping[str, float], characters: int, speed: Speed) -> Row:
    """Where the time goes: milliseconds of the whole work without a stopwatch, and of its parts with one."""
    return {
        "milliseconds": round(1e3 * characters / speed.best, 3),
        "parts": {part: round(1e3 * each, 3) for part, each in seconds.items()},
    }
