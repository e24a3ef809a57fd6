"""`charlm eval card`: a text scored with a model in several ways, beside the scores that need no model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Json
from charlm.cli.predictors import FITTED_ON, Adapting, counted_ngram, fitted_temperature
from charlm.cli.scored_text import (
    UNKNOWN,
    Encoding,
    MovedTest,
    MovedText,
    MovedValid,
    Opened,
    Order,
    Policy,
    Run,
    Split,
    Text,
    Wanted,
    changed_bytes,
    open_wanted,
    require_whole,
    units_of,
)
from charlm.display.output import print_json
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    import numpy as np

    from charlm.baselines.ngram import NGram
    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.evaluation.card import RowNats
    from charlm.evaluation.predicting import Predictor
    from charlm.evaluation.reference_scores import BaselineScore
    from charlm.evaluation.text import TextScore
    from charlm.text.corpus import Corpus

SHOWN = 60  # characters of the longest shared run


def card(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "skip",
    encoding: Encoding = None,
    order: Order = None,
    adapt: Annotated[
        bool, typer.Option("--adapt/--no-adapt", help="Also read with a model that learns while it reads (slow).")
    ] = True,
    as_json: Json = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write the card as Markdown, too; - is standard output.")
    ] = None,
    png: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the card, too.")] = None,
) -> None:
    """Score a text in several ways, beside n-grams and compressors: what the model is worth, in one table."""
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.display.card_files import require_writable, write_card
    from charlm.display.card_table import print_card
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError

    if as_json and str(markdown) == "-":
        raise UsageError("Standard output takes one of the two", "--json --markdown -", "Name a file after --markdown.")
    require_writable(markdown, png)
    checkpoint = open_named(run, "charlm eval card {run} {text}")
    require_whole(checkpoint, "charlm eval card")
    places = Moved(moved or (), valid or (), test or ())
    words = (*(("--order", str(order)) if order else ()), *(() if adapt else ("--no-adapt",)))
    wanted = Wanted("charlm eval card", text, split, places, encoding, unknown, words, reads_training=True)
    with Waiting("reading the text") as line:
        opened = open_wanted(checkpoint, run, wanted)
        found = _card(checkpoint, opened, order, adapt, unknown, line)
    lacking = [row["lacks"] for row in found["baselines"] if row["lacks"]]
    for note in (*opened.corpus.notes, *lacking, *filter(None, [found["diverged"]])):
        print_stderr(note)
    write_card(found, markdown, png)
    if as_json:
        print_json(found)
    elif str(markdown) != "-":
        print_card(found)


def _card(
    checkpoint: Checkpoint, opened: Opened, order: int | None, adapt: bool, unknown: Policy, line: Waiting
) -> dict[str, Any]:
    """The object of `--json`. `order` is that of all n-grams; None: what suits each."""
    from charlm.display.progress import WatchedReading
    from charlm.evaluation.beside_model import ALONE, BESIDE
    from charlm.evaluation.card import model_rows, ngram_rows, read_rows
    from charlm.evaluation.intervals import BLOCK, Blocks
    from charlm.evaluation.predicting import ModelPredictor, in_order
    from charlm.evaluation.text import text_score

    corpus, own = opened.corpus, opened.own
    assert own is not None
    vocabulary = corpus.vocabulary
    end = checkpoint.record_end
    ids = opened.ids if end is None else in_order(opened.ids, end)
    skipped = int(end is None)  # of a stream, the first character is not scored
    changed = changed_bytes(corpus, opened.ids, unknown)

    def scored(nats: np.ndarray) -> TextScore:
        blocks = Blocks.of(nats[skipped:])
        return text_score(blocks, opened.ids, vocabulary, end, unknown, corpus.unknown, changed)

    temperature = fitted_temperature(ModelPredictor(checkpoint.model, end), own, line)
    order, mixed_order = order or ALONE, order or BESIDE
    sources, took = _sources(checkpoint, own, order, mixed_order, adapt, end, line)
    models, ngrams = model_rows(temperature, adapt), ngram_rows(order)
    read = read_rows(sources, [*models, *ngrams], ids, WatchedReading("scoring", len(ids), line).done)
    static = scored(read[0].nats)

    def row(each: RowNats) -> dict[str, Any]:
        seconds = each.seconds + sum(took[name] for name in each.row.sources)
        about = {"name": each.row.name, "learns": each.row.learns, "seconds": round(seconds, 3)}
        return about | units_of(scored(each.nats))

    alone = [None, _in_units(static, _alone(ids, order, vocabulary.size, skipped, line))]
    counted = [row(each) | {"alone": one, "lacks": ""} for each, one in zip(read[len(models) :], alone, strict=True)]
    simple = [_baseline_row(static, each) for each in _baselines(opened, ids, skipped, line)]
    return {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "model": checkpoint.settings.model.in_short(),
        "text": corpus.name,
        "unit": vocabulary.unit,
        "characters": static.score.characters,
        "bytes": static.bytes,
        "rows": [row(each) for each in read[: len(models)] if not each.diverged],
        "diverged": next((str(each.diverged) for each in read if each.diverged), None),
        "baselines": [*simple[:2], *counted, *simple[2:]],
        "gains": _gains(opened, ids, {each.row.name: each.nats for each in read if not each.diverged}, skipped, line),
        "shared_run": _shared_run(opened, ids, line),
        "protocol": {
            "split": opened.split,
            "state": "fresh at each record" if end is not None else "carried over the whole text",
            "streams": 1,
            "unit": vocabulary.unit,
            "symbols": vocabulary.size,
            "unknown": unknown,
            "unknown_characters": static.unknown,
            "training_characters": len(own.split("train")),
            "temperature": temperature,
            "temperature_fitted_on": FITTED_ON,
            **(Adapting().values() if adapt else {"adapted": None}),
            "order": order,
            "mixed_order": mixed_order,
            "interval": f"block bootstrap, {BLOCK:,} characters a block",
        },
    }


def _sources(
    checkpoint: Checkpoint, own: Corpus, order: int, mixed_order: int, adapt: bool, end: int | None, line: Waiting
) -> tuple[dict[str, Predictor], dict[str, float]]:
    """What reads the text, and the seconds that it took to prepare each."""
    from charlm.evaluation.beside_model import readers_beside
    from charlm.evaluation.card import ADAPTING, BESIDE, COUNTING, COUNTING_BESIDE, MODEL, NEW_BESIDE, NGRAM
    from charlm.evaluation.predicting import ModelPredictor

    sources: dict[str, Predictor] = {}
    took: dict[str, float] = {}

    def prepare(names: Sequence[str], make: Callable[[], Sequence[Predictor]], before: float = 0.0) -> None:
        line.say(f"preparing the {names[0]}")
        began = time.perf_counter()
        sources.update(zip(names, make(), strict=True))
        took.update(dict.fromkeys(names, 0.0))
        took[names[0]] = before + time.perf_counter() - began

    def counted(of_order: int) -> tuple[NGram, float]:
        began = time.perf_counter()
        return counted_ngram(own, of_order, line), time.perf_counter() - began

    prepare([MODEL], lambda: [ModelPredictor(checkpoint.model, end)])
    if adapt:
        prepare([ADAPTING], lambda: [Adapting().model(checkpoint, own.split("train"), end)])
    alone, seconds = counted(order)
    prepare([NGRAM], lambda: [alone.reader(counting=False)], seconds)
    prepare([COUNTING], lambda: [alone.copy().reader(counting=True)], seconds)  # its counts change
    beside, seconds = (alone, seconds) if mixed_order == order else counted(mixed_order)
    prepare([BESIDE], lambda: readers_beside(beside, counting=False), seconds)
    prepare([COUNTING_BESIDE, NEW_BESIDE], lambda: readers_beside(beside.copy(), counting=True), seconds)
    return sources, took


def _alone(ids: np.ndarray, order: int, vocab_size: int, skipped: int, line: Waiting) -> float:
    from charlm.evaluation.reference_scores import ngram_alone

    line.say("counting the text alone")
    return ngram_alone(ids, order, vocab_size, skipped)


def _baselines(opened: Opened, ids: np.ndarray, skipped: int, line: Waiting) -> Iterator[BaselineScore]:
    from charlm.evaluation.reference_scores import compressor_scores, uniform_score, unigram_score

    assert opened.own is not None
    vocabulary, training = opened.corpus.vocabulary, opened.own.split("train")

    def to_bytes(some: np.ndarray) -> bytes:
        return vocabulary.decode_bytes(some) if vocabulary.unit == "byte" else vocabulary.decode(some).encode()

    yield uniform_score(vocabulary.size)
    yield unigram_score(ids, training, vocabulary.size, skipped)
    line.say("compressing the training part and the text")
    yield from compressor_scores(ids, training, to_bytes)


def _baseline_row(static: TextScore, found: BaselineScore) -> dict[str, Any]:
    lacking = dict.fromkeys(_in_units(static, 0.0))
    return {
        "name": found.name,
        "learns": found.learns,
        **(lacking if found.after is None else _in_units(static, found.after)),
        "interval": None,
        "alone": None if found.alone is None else _in_units(static, found.alone),
        "seconds": round(found.seconds, 3),
        "lacks": found.lacks,
    }


def _in_units(static: TextScore, nats: float) -> dict[str, float]:
    """Mean nats of the characters that were read, in all units; charged for the others as the model is."""
    from charlm.evaluation.score import Score

    charged = static.score.nats - static.known.nats
    score = Score(nats * static.known.characters + charged, static.score.characters)
    return {
        "nats_per_character": score.nats_per_character,
        "bits_per_character": score.bits_per_character,
        "bits_per_byte": score.bits_per_byte(static.bytes),
    }


def _gains(
    opened: Opened, ids: np.ndarray, nats: dict[str, np.ndarray], skipped: int, line: Waiting
) -> list[dict[str, Any]]:
    """Where the adapted model gains; empty without one."""
    from dataclasses import asdict

    from charlm.evaluation.gains import character_groups, gains, symbols_of_words

    if "adapted" not in nats:
        return []
    assert opened.own is not None
    line.say("looking for lines and words that were seen before")
    vocabulary = opened.corpus.vocabulary
    in_words = symbols_of_words(vocabulary.symbols)
    groups = character_groups(ids, opened.own.split("train"), vocabulary.newline, in_words)
    return [asdict(each) for each in gains(*(each[skipped:] for each in (groups, nats["static"], nats["adapted"])))]


def _shared_run(opened: Opened, ids: np.ndarray, line: Waiting) -> dict[str, Any]:
    from charlm.baselines.verbatim import longest_shared_run

    assert opened.own is not None
    line.say("looking for the longest run that stands in the training part")
    found = longest_shared_run(ids, opened.own.split("train"))
    shown = opened.corpus.vocabulary.decode(ids[found.at : found.at + min(found.length, SHOWN)])
    return {"characters": found.length, "at": found.at, "training_at": found.other, "begins": shown}
