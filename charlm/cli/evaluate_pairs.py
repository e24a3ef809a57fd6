"""`charlm eval pairs`: how good a model is that was trained on pairs, beside what needs no learning."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.options import CellFile, Json
from charlm.cli.ranges import require_within
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split
from charlm.display.output import print_json
from charlm.errors import TextError, UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.moved import Moved
    from charlm.pairs.pair_text import PairText

COMMAND = "charlm eval pairs"
MOST_BEAM = 256


def pairs(
    run: Run = None,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Lines of a source, a tab and a target.")
    ] = None,
    beam: Annotated[int, typer.Option(metavar="K", help="Beginnings that the beam keeps; 1: greedy alone.")] = 8,
    cell_file: CellFile = None,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Score targets, and compare what the model writes with them: exact match, edits, by length of the source."""
    from charlm.kernels.blas import limit_blas_threads

    require_within("--beam", beam, 1, MOST_BEAM, f"from 1 to {MOST_BEAM}")
    if text and split:
        raise UsageError("FILE and --split name two texts", f"--split {split}", "Give one of them.")
    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.checkpoint.other_text import trained_notes
    from charlm.cli.opening import open_pair_run
    from charlm.display.pair_scores import print_pair_scores
    from charlm.display.waiting import Waiting
    from charlm.engines.choosing import run_with_numpy
    from charlm.pairs.report import score_pairs

    checkpoint = open_pair_run(run, f"{COMMAND} {{run}} {{text}}")
    places = Moved(moved or (), valid or (), test or ())
    began = time.perf_counter()
    with Waiting("reading the text") as line:
        own, lacking = _own_text(checkpoint, places, needed=not text)
        name = split or "valid"
        given = _other_text(checkpoint, text, encoding) if text else None
        scored = given.split("train") if given else own.split(name) if own else None
        assert scored is not None, "the run's own text is needed if no other is given"
        if not len(scored):
            what = f"The {name} split of {checkpoint.run_name} has no pairs"
            raise TextError(what, checkpoint.text.name, f"Score a file, or another split: {COMMAND} --split train")
        found = score_pairs(
            checkpoint.pair_model, checkpoint.vocabulary, scored, own.split("train") if own else None, beam,
            run_with_numpy, line.say,
        )  # fmt: skip
    about: dict[str, Any] = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "kind": checkpoint.pair_kind,
        "text": given.corpus.name if given else checkpoint.text.name,
        "split": None if given else name,
    }
    notes = [*((*given.notes, *trained_notes(checkpoint, given.corpus)) if given else ()), *lacking]
    result = about | found.to_json() | {"notes": notes, "seconds": round(time.perf_counter() - began, 3)}
    if as_json:
        print_json(result)
    else:
        print_pair_scores(result, beam)


def _own_text(checkpoint: Checkpoint, places: Moved, needed: bool) -> tuple[PairText | None, list[str]]:
    """The pairs that the run was trained on; if they are gone and not needed, None and a note."""
    import shlex

    from charlm.checkpoint.reopening import open_same_text
    from charlm.errors import CharlmError
    from charlm.pairs.pair_text import split_pairs, whole_text

    settings, name = checkpoint.settings.text, checkpoint.run_name
    again = f"{COMMAND} {shlex.quote(name)}"
    try:
        corpus = open_same_text(
            whole_text(settings), checkpoint.vocabulary, checkpoint.text.sha256, name, again,
            f"Score other pairs: {again} FILE", places,
        )  # fmt: skip
        return split_pairs(corpus, settings.model_copy(update=places.given)), []
    except CharlmError as error:
        if needed or places.given:
            raise
        return None, [f"no baselines: {error.what}"]


def _other_text(checkpoint: Checkpoint, text: list[str], encoding: str | None) -> PairText:
    """Pairs in files, all of them in the split `train`. Unknown characters are left out, or the unknown symbol."""
    from charlm.pairs.pair_text import open_pairs

    changes: dict[str, object] = {"sources": tuple(text), "decided": (), "valid": (), "test": ()}
    if encoding:
        changes["encoding"] = encoding
    whole = checkpoint.settings.text.model_copy(update={**changes, "splits": (1.0, 0.0, 0.0)})
    return open_pairs(whole, checkpoint.vocabulary, "skip")
