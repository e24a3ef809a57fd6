"""`charlm bench`: characters per second on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from charlm.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charlm.benchmark import Speed
    from charlm.config.settings import ModelSettings

app = typer.Typer(no_args_is_help=True)

Cell = typer.Option("lstm", "--cell", help="A cell, or `all`.")
Sizes = typer.Option("2x128,2x256,2x512", "--sizes", help="Layers x units, several with commas.")
Plain = typer.Option(True, "--plain/--no-plain", help="Time plain PyTorch beside it.")
Json = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("train")
def bench_train(
    cell: str = Cell,
    sizes: str = Sizes,
    lanes: str = typer.Option("64x64", "--lanes", help="Lanes x characters in each window."),
    precision: str = typer.Option("auto", "--precision", help="auto, fp32, bf16 or fp16."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    plain: bool = Plain,
    as_json: bool = Json,
) -> None:
    """Time whole training steps: reading, forward, backward, clipping, optimizer.

    A size is that of an lstm; another cell gets as many parameters. All are timed in turn, round after round.
    """
    from charlm import benchmark
    from charlm.device import choose
    from charlm.model.network import unroll

    compute = choose(device, precision)
    batch_size, seq_len = _pair(lanes, "--lanes")
    rows = []
    for size in _sizes(sizes):
        jobs = {"plain": benchmark.plain_training(*size, batch_size, seq_len, compute)} if plain else {}
        models = {name: _model(name, size) for name in _cells(cell)}
        for name, model in models.items():
            jobs[name] = benchmark.training(model, batch_size, seq_len, compute)
            if plain:
                jobs[f"{name}, step by step"] = benchmark.training(model, batch_size, seq_len, compute, unroll)
        speeds = benchmark.race(jobs)
        for name, model in models.items():
            row = _row(name, model, speeds[name], speeds.get("plain"))
            if plain:
                loop = speeds[f"{name}, step by step"]
                row |= {"loop_median": round(loop.median), "loop_ratio": round(loop.over(speeds["plain"]), 2)}
            rows.append(row)
    about = {
        "job": "train",
        "device": compute.name,
        "precision": compute.precision,
        "threads": compute.threads,
        "batch_size": batch_size,
        "seq_len": seq_len,
        "parameters": "those of the lstm of each size",
        "plain": "torch.nn.LSTM of that size, float32, Adam",
        "loop": "the same cell step by step under autograd",
    }
    _show(about, rows, as_json)


@app.command("sample")
def bench_sample(
    cell: str = Cell,
    sizes: str = Sizes,
    length: int = typer.Option(500, "--length", "-n", min=10, help="Characters in each timing."),
    plain: bool = Plain,
    as_json: bool = Json,
) -> None:
    """Time one stream of sampled characters, each fed back to give the next."""
    from charlm import benchmark

    # All of ours first: once torch has started its threads, they take time from numpy's.
    speeds = [
        (name, size, benchmark.sampling_speed(_model(name, size), length))
        for size in _sizes(sizes)
        for name in _cells(cell)
    ]
    baselines = (
        {size: benchmark.plain_sampling_speed(*size, min(length, 200)) for size in _sizes(sizes)} if plain else {}
    )
    rows = [_row(name, _model(name, size), speed, baselines.get(size)) for name, size, speed in speeds]
    _show({"job": "sample", "streams": 1, "plain": "torch.nn.LSTM, a character at a time"}, rows, as_json)


def _cells(wanted: str) -> list[str]:
    from charlm.cells.table import CELLS, find

    if wanted == "all":
        return list(CELLS)
    find(wanted)
    return [wanted]


def _pair(text: str, option: str) -> tuple[int, int]:
    from charlm.errors import UsageError

    first, _, second = text.partition("x")
    if not (first.isdecimal() and second.isdecimal() and int(first) and int(second)):
        raise UsageError(f"{text!r} is not two numbers with an x between them", option, "Write it as 2x256.")
    return int(first), int(second)


def _sizes(text: str) -> list[tuple[int, int]]:
    return [_pair(part.strip(), "--sizes") for part in text.split(",")]


def _model(cell: str, size: tuple[int, int]) -> ModelSettings:
    """A model of that cell with as many parameters as an lstm of that size."""
    from charlm.benchmark import VOCAB_SIZE
    from charlm.config.settings import ModelSettings
    from charlm.model.parameters import count
    from charlm.model.sizing import nearest

    lstm = ModelSettings(num_layers=size[0], hidden_size=size[1])
    return nearest(lstm.model_copy(update={"cell": cell}), VOCAB_SIZE, count(lstm, VOCAB_SIZE))


def _row(cell: str, model: ModelSettings, speed: Speed, baseline: Speed | None) -> dict[str, float | str | None]:
    return {
        "cell": cell,
        "size": f"{model.num_layers}x{model.hidden_size}",
        "best": round(speed.best),
        "median": round(speed.median),
        "plain_median": round(baseline.median) if baseline else None,
        "ratio": round(speed.over(baseline), 2) if baseline else None,
    }


def _show(about: Mapping[str, object], rows: Sequence[Mapping[str, object]], as_json: bool) -> None:

    if as_json:
        print_json({**about, "results": rows})
        return
    typer.echo(", ".join(f"{key} {value}" for key, value in about.items()), err=True)
    names = {"plain_median": "plain/s", "ratio": "ratio", "loop_median": "loop/s", "loop_ratio": "ratio"}
    shown = [name for name in names if rows and rows[0].get(name) is not None]
    typer.echo(
        f"{'cell':<14}{'size':>8}{'best/s':>12}{'median/s':>12}" + "".join(f"{names[name]:>12}" for name in shown)
    )
    for row in rows:
        ours = f"{row['cell']:<14}{row['size']:>8}{row['best']:>12,}{row['median']:>12,}"
        typer.echo(ours + "".join(f"{row[name]:>12,}" for name in shown))
