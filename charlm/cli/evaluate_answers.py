"""`charlm eval answers`: what the answers of questions cost, and how many are right, by their length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.chosen_text import ChosenText
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Json
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split, Text
from charlm.display.output import print_json
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from charlm.checkpoint import Checkpoint
    from charlm.text.records.answers import Scored

COMMAND = "charlm eval answers"
RANGES = 12  # lengths, or ranges of them, in the table


def answers(
    run: Run = None,
    text: Text = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="MARK", help="The character after which the answer begins. Default: the run's own."),
    ] = None,
    ngram: Annotated[
        bool,
        typer.Option("--ngram", help="The lines are of `data synthetic ngram`: say what the best possible model pays."),
    ] = False,
    cell_file: CellFile = None,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Score answers alone: bits a sequence, and the share that the model gets right as a whole, by their length.

    An answer is what follows a mark in a record: bca in abc>bca, if the mark is >. It is right if the model, which
    always takes the likeliest character, would have written all of it, and its end.
    """
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from dataclasses import asdict

    from charlm.display.answer_table import print_answers
    from charlm.display.progress import WatchedReading
    from charlm.display.waiting import Waiting
    from charlm.evaluation.answers import by_length, of_all, score_answers

    checkpoint = open_named(run, f"{COMMAND} {{run}} {{text}}")
    scored, end = _scored(checkpoint, after), _end(checkpoint)
    with Waiting("reading the text") as line:
        opened = ChosenText(COMMAND, run, text, split, moved, valid, test, encoding, "error").opened(checkpoint)
        ids = opened.ids
        optimum = _optimum(checkpoint, ids, end) if ngram else None
        found = score_answers(checkpoint.model, ids, end, scored, WatchedReading("scoring", len(ids), line).done)
    every = of_all(found, scored, optimum)
    if as_json:
        lengths = [asdict(each) for each in by_length(found, scored, None, optimum)]
        about = {"run": checkpoint.run_name, "step": checkpoint.step, "text": opened.corpus.name}
        print_json(about | {"ends_count": scored.end, "all": asdict(every), "by_length": lengths})
    else:
        print_answers(by_length(found, scored, RANGES, optimum), every, scored.end)


def _scored(checkpoint: Checkpoint, after: str | None) -> Scored:
    """What counts. Raises UsageError if there is no mark, TextError if the model does not know it."""
    from charlm.text.records.answers import Scored

    if after is None:
        if checkpoint.scored.mark is None:
            what = f"{checkpoint.run_name} was not trained on answers, so it has no mark"
            raise UsageError(what, "text.answer_after", "Say after which character the answer begins: --after '>'")
        return checkpoint.scored
    symbols = checkpoint.vocabulary.symbols
    if after not in symbols:
        raise TextError(f"The model does not know {after!r}", f"--after {after}", "Give a character of its text.")
    return Scored(symbols.index(after), checkpoint.settings.text.score_ends)


def _end(checkpoint: Checkpoint) -> int:
    end = checkpoint.vocabulary.newline if checkpoint.record_end is None else checkpoint.record_end
    if end is None:
        what = "The model knows no line end, so it cannot read a line by itself"
        raise TextError(what, checkpoint.run_name, "Use a model of a text with lines.")
    return end


def _optimum(checkpoint: Checkpoint, ids: np.ndarray, end: int) -> np.ndarray:
    """(R,) the bits that the best possible model pays for each line of `ngram`."""
    import numpy as np

    from charlm.text.corpora.tasks import ngram_bits

    lines = checkpoint.vocabulary.decode(ids).split(checkpoint.vocabulary.symbols[end])
    try:
        return np.array([ngram_bits(line) for line in lines if line])
    except ValueError as error:
        raise TextError(str(error), "--ngram", "Leave --ngram out, or: charlm data synthetic ngram") from None
