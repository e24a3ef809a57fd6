"""What the commands of `charlm eval` share: the text to score, its score, and the score as values. No command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli.completing import complete_corpus
from charlm.cli.options import Run as Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.moved import Moved
    from charlm.display.waiting import Waiting
    from charlm.evaluation.intervals import Interval
    from charlm.evaluation.predicting import Predictor
    from charlm.evaluation.scorers import WindowScorer
    from charlm.evaluation.text import TextScore
    from charlm.text.corpus import Corpus
    from charlm.text.vocabulary import Ids

Policy = Literal["skip", "error", "nearest", "charge"]
SplitName = Literal["train", "valid", "test"]
UNKNOWN = (
    "Characters that the model does not know: leave them out (skip), read the nearest known ones, charge what a code "
    "would pay to name them, or end with an error. A model with an unknown symbol (text.min_count) leaves none out: it "
    "reads that symbol, and their names are always charged."
)
SMALL = 2_000_000  # characters; numpy scores fewer in less time than it takes to import torch and find a device

Text = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders, globs, named corpora or - (standard input) to score.", autocompletion=complete_corpus
    ),
]
Split = Annotated[
    SplitName | None,
    typer.Option(help="Without TEXT: which split of the run's own text to score. Default: valid."),
]
MovedText = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="PATH", help="Where the run's own text is now, if it has moved."),
]
MovedValid = Annotated[
    list[str] | None,
    typer.Option("--valid", metavar="FILE", help="Where the run's own validation text (train --valid) is now."),
]
MovedTest = Annotated[
    list[str] | None,
    typer.Option("--test", metavar="FILE", help="Where the run's own test text (train --test) is now."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of TEXT; auto decides for each file. Default: that of the run.")
]
Order = Annotated[
    int | None,
    typer.Option(
        "--order",
        metavar="N",
        min=2,
        max=8,
        help="Order of the n-grams: the characters of their longest contexts. Default: 8 beside a model, 6 alone.",
    ),
]


@dataclass(frozen=True)
class Wanted:
    """The text that the options of a command name, and the words with which the command can be given again."""

    command: str  # charlm eval perplexity
    text: list[str] | None
    split: SplitName | None
    moved: Moved
    encoding: str | None
    unknown: Policy
    words: tuple[str, ...] = ()  # other options that were given
    reads_training: bool = False  # it needs the run's own text, beside the one to score


@dataclass(frozen=True)
class Opened:
    """The text to score, ids (N,) of a corpus, and the run's own text, if it is that or if it is needed."""

    corpus: Corpus
    ids: Ids
    split: str  # `all` of a text that was given
    own: Corpus | None


def open_wanted(checkpoint: Checkpoint, run: str | None, wanted: Wanted) -> Opened:
    """Open the text. Raises UsageError for options that exclude each other, TextError if it is too short."""
    from charlm.checkpoint.reopening import reopen_text
    from charlm.errors import UsageError
    from charlm.text.length import require_two

    text, split, moved = wanted.text, wanted.split, wanted.moved
    if text and split:
        raise UsageError("--split selects a part of the run's own text", f"--split {split}", "Give --split or TEXT.")
    if text and moved.given and not wanted.reads_training:
        option, *_ = words = moved.words()
        what = f"{option} names a text of the run's own, to score one of its splits"
        raise UsageError(what, " ".join(words), f"Give {option}, or TEXT to score all of it.")
    name = shlex.quote(run or checkpoint.run_name)
    chosen = map(shlex.quote, text) if text else ("--split", split or "valid")
    again = " ".join([wanted.command, name, *chosen, *wanted.words])
    alone = f"charlm eval perplexity {name} {' '.join(map(shlex.quote, text)) if text else 'PATH'}"
    otherwise = f"To score {'this' if text else 'all of another'} text with the model alone: {alone}"
    if not wanted.reads_training:
        otherwise = f"To score all of another text: {wanted.command} {name} PATH"
    own = reopen_text(checkpoint, again, otherwise, moved) if wanted.reads_training or not text else None
    if text:
        corpus = given_text(checkpoint, text, wanted.encoding, wanted.unknown)
    else:
        assert own is not None
        corpus = own
    ids = corpus.ids if text else corpus.split(split or "valid")
    require_two(ids.size, "The text" if text else f"The {split or 'valid'} split", corpus.name)
    return Opened(corpus, ids, "all" if text else split or "valid", own)


def require_whole(checkpoint: Checkpoint, where: str) -> None:
    """Raises UsageError if the model is scored on parts of its records alone, which `where` cannot do."""
    from charlm.errors import UsageError
    from charlm.text.records.answers import ALL

    if checkpoint.scored != ALL:
        what = f"{checkpoint.run_name} is scored on parts of its records alone (text.answer_after, text.score_ends)"
        again = shlex.quote(checkpoint.run_name)
        raise UsageError(what, where, f"Score it with: charlm eval answers {again}, or charlm eval perplexity {again}")


def require_alike(checkpoints: Sequence[Checkpoint], where: str) -> None:
    """Raises UsageError if some of the models are scored on other parts of their records than the first."""
    from charlm.errors import UsageError

    first, *others = [(each.settings.text.answer_after, each.settings.text.score_ends) for each in checkpoints]
    for checkpoint, scored in zip(checkpoints[1:], others, strict=True):
        if scored != first:
            what = f"{checkpoints[0].run_name} and {checkpoint.run_name} are scored on different parts of a record"
            raise UsageError(what, f"{where}: text.answer_after, text.score_ends", "Compare runs that have the same.")


def given_text(checkpoint: Checkpoint, text: list[str], encoding: str | None, unknown: Policy) -> Corpus:
    """A text that was given, in the model's symbols. Its notes say so if the model was trained on it."""
    from charlm.checkpoint.other_text import open_other_text, trained_notes
    from charlm.evaluation.text import reading_of

    corpus = open_other_text(checkpoint, text, encoding, reading_of(unknown))
    return replace(corpus, notes=(*corpus.notes, *trained_notes(checkpoint, corpus)))


def score_of(
    checkpoint: Checkpoint, corpus: Corpus, ids: Ids, device: str, unknown: Policy, line: Waiting
) -> TextScore:
    """The exact score of ids (N,), which are all of the text or a part of it; the line says how far it is."""
    from charlm.display.progress import WatchedScorer
    from charlm.evaluation.text import score_text

    scorer = WatchedScorer(scorer_for(checkpoint, device, ids.size), ids.size, line)
    end = checkpoint.record_end
    changed = changed_bytes(corpus, ids, unknown)
    return score_text(scorer, ids, corpus.vocabulary, end, unknown, corpus.unknown, changed, checkpoint.scored)


def score_with(
    predictor: Predictor,
    checkpoint: Checkpoint,
    corpus: Corpus,
    ids: Ids,
    unknown: Policy,
    line: Waiting,
    tell: Callable[[np.ndarray], object] | None = None,
) -> TextScore:
    """The score of ids (N,) that a predictor reads in order; the line says how far it is, if `tell` is not given the
    nats so far."""
    from charlm.display.progress import WatchedReading
    from charlm.evaluation.intervals import Blocks
    from charlm.evaluation.predicting import in_order, read_nats
    from charlm.evaluation.text import text_score

    end = checkpoint.record_end
    read = ids if end is None else in_order(ids, end)
    scored, tell = slice(end is None, None), tell or WatchedReading("scoring", len(read), line).scored
    nats = read_nats(predictor, read, lambda nats: tell(nats[scored]))
    blocks = Blocks.of(nats[scored])
    changed = changed_bytes(corpus, ids, unknown)
    return text_score(blocks, ids, corpus.vocabulary, end, unknown, corpus.unknown, changed)


def changed_bytes(corpus: Corpus, ids: Ids, unknown: Policy) -> int:
    """The bytes that normalizing took from these ids of the text or added; of a part, they are known in proportion."""
    from charlm.evaluation.text import reading_of
    from charlm.text.unknown import UnknownCharacters

    lacking = UnknownCharacters.of(corpus.vocabulary, corpus.unknown, reading_of(unknown))
    elsewhere = lacking.bytes_of_symbol(corpus.vocabulary) * sum(lacking.as_symbol.values())
    return round((corpus.given_bytes - corpus.bytes - elsewhere) * ids.size / corpus.characters)


def units_of(found: TextScore) -> dict[str, Any]:
    """The values of a score for `--json`."""
    score, lacking = found.score, found.lacking
    return {
        "nats_per_character": score.nats_per_character,
        "bits_per_character": score.bits_per_character,
        "bits_per_byte": score.bits_per_byte(found.bytes),
        "perplexity": score.perplexity,
        "interval": interval_of(found.interval),
        "characters": score.characters,
        "bytes": found.bytes,
        "unknown_characters": found.unknown,
        "unknown_replaced": sum(lacking.replaced.values()),
        "unknown_left_out": 0 if lacking.has_symbol else sum(lacking.left_out.values()) - found.charged,
        "unknown_charged": found.charged,
        "unknown_bits": found.charged_bits,
    }


def model_values(checkpoint: Checkpoint, corpus: Corpus, found: TextScore) -> dict[str, Any]:
    """The same with the model, for a list of several."""
    about = {"run": checkpoint.run_name, "step": checkpoint.step, "unit": corpus.vocabulary.unit}
    return about | units_of(found)


def interval_of(found: Interval | None) -> dict[str, Any] | None:
    """A 95 % interval for `--json`, in nats per character; None for a text that is too short for one."""
    return None if found is None else {"low_nats": found.low, "high_nats": found.high, "blocks": found.blocks}


def scorer_for(checkpoint: Checkpoint, device: str, characters: int) -> WindowScorer:
    """numpy for a short text or the cpu, torch for a long text or another device."""
    from charlm.evaluation.scorers import NumpyScorer, TorchScorer

    if device == "cpu" or (device == "auto" and characters < SMALL):
        return NumpyScorer(checkpoint.model)
    import torch

    from charlm.device import choose_compute
    from charlm.model.language_model import LanguageModel

    chosen = choose_compute(device, "fp32").torch_device()
    parameters = {name: torch.tensor(value).to(chosen) for name, value in checkpoint.parameters.items()}
    return TorchScorer(LanguageModel(checkpoint.settings.model, parameters))
