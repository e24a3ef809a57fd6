"""`charlm compress` and `charlm decompress`: any file, as few bytes as a model's score promises."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from charlm.cli.completing import complete_run
from charlm.cli.compress_choices import learning_of, named_in, places_of, refuse_needless, words_again
from charlm.cli.compress_models import (
    coding_of,
    counted_in,
    counting,
    counts_to_begin_with,
    from_nothing_to,
    matching,
)
from charlm.cli.opening import open_named, say_what_is_awaited
from charlm.cli.options import CellFile, Json
from charlm.cli.output_file import STDOUT, check_output, written_whole
from charlm.cli.predictors import AdaptRate
from charlm.cli.scored_text import MovedTest, MovedText, MovedValid
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.compression.coding import Progress
    from charlm.compression.learning import Learning
    from charlm.text.files.spool import Spool

ENDING = ".clm"
STDIN = "-"

Counts = Annotated[
    bool | None,
    typer.Option(
        "--counts/--no-counts",
        help="With --mix: begin with the counts of the run's training text, which is then needed to decompress, too. "
        "Default: if that text can be read.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a file of that name.")]


def compress(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="A run's name, its folder or one of its checkpoints.", autocompletion=complete_run
        ),
    ],
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="Any file, or - (standard input).")] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="OUT", help=f"Where to write; - is standard output. Default: FILE{ENDING}"
        ),
    ] = None,
    portable: Annotated[
        bool, typer.Option("--portable", help="Any machine can decompress it; takes some ten times as long.")
    ] = False,
    adapt: Annotated[
        bool, typer.Option("--adapt", help="The model learns from the text while it codes it: smaller, and slow.")
    ] = False,
    adapt_rate: AdaptRate = None,
    mix: Annotated[
        bool, typer.Option("--mix", help="Mix the model with an n-gram that counts the text: smaller, and slower.")
    ] = False,
    counts: Counts = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Without a run: a new model learns from the text alone (minutes).")
    ] = False,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Compress a file with a trained model; the same model is needed to decompress it. Or with none: --from-nothing."""
    named, file = named_in(run, file, from_nothing)
    output = output or (STDOUT if file == STDIN else f"{file}{ENDING}")
    learning = learning_of(adapt or from_nothing, adapt_rate, mix, portable, from_nothing)
    places = places_of(counts, moved, valid, test, mix, from_nothing)
    _check_json(as_json, output)
    check_output(output, force, file)
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from charlm.compression.compressing import compress as compressed
    from charlm.compression.range_coder import require_coder
    from charlm.display.progress import watched_coding
    from charlm.display.waiting import Waiting
    from charlm.text.files.spool import Spool

    require_coder()
    checkpoint = open_named(named, "charlm compress {run} {text}") if named else None
    with ExitStack() as closing:
        spool = None if checkpoint else closing.enter_context(Spool())
        text, size = closing.enter_context(_opened(file, spool))
        line = closing.enter_context(Waiting("preparing the model"))
        if checkpoint is None:
            prepared = from_nothing_to(text, learning)
        else:
            again = words_again(named or "", file, adapt, adapt_rate)
            training = counts_to_begin_with(checkpoint, counts, places, again, line) if mix else None
            prepared = coding_of(checkpoint).prepared(portable, counting(learning, training), training)
        with written_whole(output, force) as written:  # what can fail comes before anything is written
            steps = compressed(text, written, prepared)
            done = watched_coding(steps, f"compressing {file}", size, lambda step: step.text_bytes, line)
    _report(checkpoint, file, output, done, done.file_bytes, prepared.learning, as_json)


def decompress(
    file: Annotated[str, typer.Argument(help="A file that `charlm compress` wrote, or - (standard input).")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=f"Where to write; - is standard output. Default: FILE without its {ENDING}",
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="The run or checkpoint that it was compressed with. Default: whichever of all runs it is.",
            autocompletion=complete_run,
        ),
    ] = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Decompress a file with the model that it was compressed with."""
    if output is None and file != STDIN and not file.endswith(ENDING):
        raise UsageError(f"{file} does not end with {ENDING}", "charlm decompress", "Say where to write: -o FILE")
    output = output or (STDOUT if file == STDIN else file.removesuffix(ENDING))
    _check_json(as_json, output)
    check_output(output, force, file)
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.compression.decompressing import begin, prepare
    from charlm.compression.decompressing import decompress as decompressed
    from charlm.compression.file_format import read_contents
    from charlm.compression.range_coder import require_coder
    from charlm.display.progress import watched_coding
    from charlm.display.waiting import Waiting
    from charlm.text.files.spool import Spool

    require_coder()
    with Spool() as spool, _opened(file, spool) as (read, _), Waiting("reading") as line:
        contents = read_contents(read, file)
        places = Moved(moved or (), valid or (), test or ())
        refuse_needless(contents, file, run, places)
        checkpoint = None
        if contents.head.beginning:
            line.say("preparing the model")
            prepared = begin(contents, file)
        else:
            line.say("looking for the model")
            checkpoint = open_named(run, "charlm decompress {text} --run {run}") if run else matching(contents, file)
            training = counted_in(contents, checkpoint, file, run, places, line)
            prepared = prepare(contents, coding_of(checkpoint), file, training)
        with written_whole(output, force) as written, _until_right(written, output, spool) as kept:
            steps = decompressed(contents, read, kept, prepared, file)
            done = watched_coding(steps, f"decompressing {file}", contents.symbols, lambda step: step.symbols, line)
    _report(checkpoint, file, output, done, contents.size, contents.head.learning, as_json)


def _check_json(as_json: bool, output: str) -> None:
    if as_json and output == STDOUT:
        raise UsageError("--json and the bytes cannot both go to standard output", "--json", "Give a file with -o OUT.")


@contextmanager
def _opened(file: str, spool: Spool | None = None) -> Iterator[tuple[BinaryIO, int | None]]:
    """The file and its size, None if it comes through a pipe. With a spool, that is copied first, to be sought in."""
    try:
        with ExitStack() as closing:
            if file == STDIN:
                if sys.stdin is None:
                    raise TextError("There is no standard input", STDIN, "Give a file.")
                say_what_is_awaited([file])
                read: BinaryIO = sys.stdin.buffer
            else:
                read = closing.enter_context(Path(file).open("rb"))
            size = None
            if file != STDIN and S_ISREG(os.fstat(read.fileno()).st_mode):
                size = os.fstat(read.fileno()).st_size
            elif spool:
                with spool.written() as copy:
                    shutil.copyfileobj(read, copy)
                read = closing.enter_context(Path(copy.name).open("rb"))
            yield read, size
    except OSError as error:
        remedy = "Give the path of a file, or - for standard input."
        raise TextError(f"The file cannot be read: {error.strerror or error}", file, remedy) from None


@contextmanager
def _until_right(written: BinaryIO, output: str, spool: Spool) -> Iterator[BinaryIO]:
    """Where to decode to: what goes to standard output is kept in a file until all of it is known to be right."""
    if output != STDOUT:
        yield written
        return
    with spool.written() as kept:
        yield kept
    with Path(kept.name).open("rb") as whole:
        shutil.copyfileobj(whole, written)


def _report(
    checkpoint: Checkpoint | None, file: str, output: str, done: Progress, size: int, learning: Learning, as_json: bool
) -> None:
    text = done.text_bytes
    result = {
        "run": checkpoint.run_name if checkpoint else None,
        "step": checkpoint.step if checkpoint else None,
        "file": file,
        "output": output,
        "text_bytes": text,
        "compressed_bytes": size,
        "bits_per_byte": 8 * size / text if text else None,
        "symbols": done.symbols,
        "information_bits": done.bits,
        "adapt_rate": learning.rate,
        "mix": learning.mixed,
        "training_counts": learning.counted is not None,
    }
    if as_json:
        print_json(result)
        return
    per_byte = f", {8 * size / text:.3f} bits a byte" if text else ""
    model = f"{checkpoint.run_name}, step {checkpoint.step}" if checkpoint else "from nothing"
    model += " and the counts of its training text" if learning.counted is not None else ""
    print_stderr(
        f"{model}: {text:,} bytes of text, {size:,} compressed{per_byte}; "
        f"written to {'standard output' if output == STDOUT else output}"
    )
