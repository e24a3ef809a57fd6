"""`charlm bench`: characters per second on this machine, beside plain PyTorch and the limit of the hardware."""

from __future__ import annotations

import typer

from charlm.benchmark.rules import RULES
from charlm.cli.bench_processes import bench_processes
from charlm.cli.bench_rules import bench_rules
from charlm.cli.bench_values import cells_of, counts_of, pair_of, sizes_of
from charlm.cli.completing import complete_cell, complete_cells
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.options import Device, Json
from charlm.display.bench_table import print_bench

app = typer.Typer(cls=Group, no_args_is_help=True)

Cell = typer.Option(
    "lstm",
    "--cell",
    help="A cell, all, or a file of yours, whose code then runs: mycell.py:MyCell.",
    autocompletion=complete_cells,
)
Sizes = typer.Option("2x128,2x256,2x512", "--sizes", help="Layers x units; several separated by commas.")
Plain = typer.Option(True, "--plain/--no-plain", help="Time plain PyTorch as well.")
Parts = typer.Option(False, "--parts", help="Show where the time goes.")


@app.command(
    "train",
    cls=Command,
    epilog=examples("charlm bench train --sizes 2x256", "charlm bench train --cell all --sizes 2x128 --no-plain"),
)
def bench_train(
    cell: str = Cell,
    sizes: str = Sizes,
    lanes: str = typer.Option("64x64", "--lanes", help="Lanes x characters of a window."),
    precision: str = typer.Option("auto", "--precision", help="Precision: auto, fp32, bf16 or fp16."),
    device: Device = "auto",
    plain: bool = Plain,
    parts: bool = Parts,
    processes: str | None = typer.Option(
        None, "--processes", help="Instead: several processes that share the lanes, such as 1,2, and their exchange."
    ),
    as_json: Json = False,
) -> None:
    """Time whole training steps: reading, forward and backward pass, clipping, optimizer.

    A size is that of an lstm; other cells get as many parameters as that lstm. All are timed in turns, round after
    round. The limit is the time that the matrix products of a step take on their own.
    """
    if processes is not None:
        bench_processes(processes, cell, sizes, lanes, device, precision, as_json)
        return
    from charlm.benchmark import results
    from charlm.benchmark.hardware import measure_peak_flops
    from charlm.config.device_names import check_device_option
    from charlm.device import choose_compute
    from charlm.display.waiting import Waiting

    check_device_option(device)
    window, names, shapes = pair_of(lanes, "--lanes"), cells_of(cell), sizes_of(sizes)
    compute = choose_compute(device, precision)
    about = {
        "job": "train",
        "device": compute.name,
        "precision": compute.precision,
        "threads": compute.threads,
        "batch_size": window[0],
        "seq_len": window[1],
        "parameters": "as many as the lstm of each size",
        "plain": "torch.nn.LSTM of that size, float32, Adam",
        "loop": "the same cell step by step under autograd",
        "limit": "the matrix products alone, in the same precision",
        "peak_gflops": round(measure_peak_flops(compute) / 1e9),
    }
    with Waiting("timing the training"):
        rows = results.training_results(names, shapes, window, compute, plain, parts)
    print_bench(about, rows, as_json)


@app.command(
    "sample",
    cls=Command,
    epilog=examples(
        "charlm bench sample --sizes 2x512 --streams 1,64",
        "charlm bench sample --sizes 2x128 --length 4000 --rules all",
    ),
)
def bench_sample(
    cell: str = Cell,
    sizes: str = Sizes,
    streams: str = typer.Option("1", "--streams", help="Parallel streams; several numbers separated by commas: 1,64."),
    length: int = typer.Option(500, "--length", "-n", min=10, help="Characters in each timing; at least 20 a stream."),
    rounds: int = typer.Option(7, "--rounds", min=1, help="How often each is timed; all rules take turns in a round."),
    rules: str | None = typer.Option(
        None, "--rules", help=f"Instead: what rules cost; several separated by commas, or all: {', '.join(RULES)}."
    ),
    plain: bool = Plain,
    parts: bool = Parts,
    as_json: Json = False,
) -> None:
    """Time sampling, where each character is the next input. The rate of several streams is that of all together.

    The limit of one stream is reading all weights from memory once a character; that of several streams is the matrix
    products.

    With --rules, each rule has a row, with a usual value, beside the plain draw; all take turns in every round, and
    processor time is counted. The model is untrained, but for the bias of its head: it writes characters as often as
    the corpus python-docs has them. max_copy looks for copies of that corpus; to open it is not timed. A trained model
    is more certain of what it writes, and copies more.
    """
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    if rules is not None:
        bench_rules(rules, cell, sizes, streams, length, rounds, parts, as_json)
        return
    from charlm.benchmark import results
    from charlm.display.waiting import Waiting

    about = {
        "job": "sample",
        "streams": streams,
        "plain": "torch.nn.LSTM, a character at a time",
        "limit": "one stream: reading the weights once a character; several streams: their matrix products",
    }
    counts = counts_of(streams, "--streams")
    names, shapes = cells_of(cell), sizes_of(sizes)
    with Waiting("timing the sampling"):
        rows = results.sampling_results(names, shapes, counts, length, plain, parts, rounds)
    print_bench(about, rows, as_json)


@app.command("score", cls=Command, epilog=examples("charlm bench score --sizes 2x256 --length 400000"))
def bench_score(
    cell: str = Cell,
    sizes: str = Sizes,
    length: int = typer.Option(100_000, "--length", "-n", min=2, help="Characters of the text that is scored."),
    beginning: int = typer.Option(5_000, min=2, help="How many of them are also scored as one stream, step by step."),
    plain: bool = typer.Option(True, "--plain/--no-plain", help="Time that stream as well."),
    parts: bool = Parts,
    as_json: Json = False,
) -> None:
    """Time the exact score of a text of random characters, as `charlm eval perplexity` computes it.

    For comparison the beginning of the text is also scored as one stream, step by step; the table has the bits per
    character of both. The limit is the matrix products alone, with each character read once.
    """
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from charlm.benchmark import results
    from charlm.display.waiting import Waiting

    about = {
        "job": "score",
        "characters": length,
        "plain": f"one stream step by step, over the first {min(length, beginning):,}; its bits are of these",
        "limit": "the matrix products alone, float32",
    }
    names, shapes = cells_of(cell), sizes_of(sizes)
    with Waiting("timing the scoring"):
        rows = results.scoring_results(names, shapes, length, beginning, plain, parts)
    print_bench(about, rows, as_json)


@app.command(
    "load",
    cls=Command,
    epilog=examples("charlm bench load --work sample", "charlm bench load --cell gru --busy 1,2 --seconds 2"),
)
def bench_load(
    work: str = typer.Option("train", "--work", help="What is measured: train, sample or score."),
    cell: str = typer.Option("lstm", "--cell", help="A cell.", autocompletion=complete_cell),
    size: str = typer.Option("2x256", "--size", help="Layers x units."),
    lanes: str = typer.Option("16x48", "--lanes", help="Lanes x characters of a window, for training."),
    length: int = typer.Option(2_000, "--length", "-n", min=2, help="Characters at a time, for sample and score."),
    busy: str = typer.Option("1,2,4", "--busy", help="How many busy processes run meanwhile, one row each."),
    jobs: int = typer.Option(2, "--jobs", min=1, help="How many jobs run side by side in the last row."),
    seconds: float = typer.Option(4.0, "--seconds", min=0.01, help="Seconds of each measurement."),
    rounds: int = typer.Option(5, "--rounds", min=1, help="Rounds, in which all rows take turns."),
    plain: bool = Plain,
    as_json: Json = False,
) -> None:
    """Time a job beside busy processes, which this command starts and ends, and beside another job like it.

    kept is the part of its speed alone that is left; fair is the part that the scheduler's rule allows; cores is how
    many cores' time the job took. All figures are medians of the rounds.
    """
    from charlm.benchmark.load import Situation, load_results
    from charlm.benchmark.load_process import LoadJob
    from charlm.device import choose_compute
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError

    if work not in ("train", "sample", "score"):
        raise UsageError(f"There is no job {work!r} to measure", "--work", "Use train, sample or score.")
    if cell == "all" or "," in size:
        raise UsageError("One job is measured, of one cell and one size", f"--cell {cell} --size {size}", "Name one.")
    window, (name,), (shape,) = pair_of(lanes, "--lanes"), cells_of(cell), sizes_of(size)
    situations = [Situation(count) for count in counts_of(busy, "--busy")]
    if jobs > 1:
        situations.append(Situation(0, jobs))
    compute = choose_compute("cpu")
    about = {
        "job": work,
        "device": compute.name,
        "precision": compute.precision if work == "train" else "fp32",
        "threads": compute.threads,
        "cell": name,
        "size": size,
        "lanes": lanes,
        "plain": "one stream step by step" if work == "score" else "torch.nn.LSTM, float32",
    }
    job = LoadJob(work, False, name, *shape, *window, length)
    with Waiting("timing beside busy processes"):
        rows = load_results(job, situations, seconds, rounds, plain)
    print_bench(about, rows, as_json)
