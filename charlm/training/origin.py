"""A training that starts from a trained model of any kind: its settings, its weights, and those of new characters.

Embedding and head have a row for each symbol. The rows of symbols that the model knows are kept; a new symbol begins
with the mean of their rows. Knows no kind of model. Shape letter: V symbols.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from charlm.checkpoint import Checkpoint, load_checkpoint
from charlm.checkpoint.kinds_of_model import parameter_shapes_of
from charlm.config.given import dotted, nested
from charlm.config.problems import problems_of, usage_error, with_origins
from charlm.config.resolving import Resolved
from charlm.config.settings import Settings, TextSettings
from charlm.errors import CheckpointError, UsageError
from charlm.runs import Run
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.reading_notes import rare_note
from charlm.text.vocabulary import Vocabulary

KINDS = {"model.pairs.kind": "--pairs", "model.latent.kind": "--latent"}  # and the options that give them
FREE = tuple(  # settings of the model that change none of its weights
    f"model.{name}" for name in (
        "dropout", "dropout_kind", "weight_drop", "pairs.coverage", "latent.beta_warmup", "latent.free_nats",
        "latent.input_dropout", "latent.canvas", "latent.rounds",
    )
)  # fmt: skip
# How the model's text was read and split, and how a new one is, unless the user says otherwise.
KEPT = ("newlines", "normalize", "min_count", "split_seed")
SPLIT = ("split", "splits", "split_seed")  # of the text
FORM = ("records", "separator", "format", "column", "field")  # one of them says of what form the new text is
SLOWER = 2  # the learning rate is divided by this: a trained model forgets at the rate that it first learnt with


@dataclass(frozen=True, eq=False)
class Origin:
    """The model that a training starts from, with a row for each symbol of `vocabulary`. `new` are new symbols."""

    checkpoint: Checkpoint
    vocabulary: Vocabulary
    parameters: Mapping[str, np.ndarray]
    new: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What run.json keeps of it."""
        return {
            "run": self.checkpoint.run_name,
            "step": self.checkpoint.step,
            "checkpoint": str(self.checkpoint.folder.resolve()),
            "sha256": fingerprint(self.checkpoint),
            "new_symbols": "".join(self.new),
        }

    def notes(self) -> list[str]:
        name = f"{self.checkpoint.run_name}, step {self.checkpoint.step:,}"
        if not self.new:
            return [f"starts from {name}, with the same {self.vocabulary.size:,} symbols"]
        shown = " ".join(repr(symbol)[1:-1] if symbol else "(the unknown symbol)" for symbol in self.new[:40])
        more = f" and {len(self.new) - 40:,} more" if len(self.new) > 40 else ""
        new = f"{len(self.new):,} symbols are new to it, and begin"
        if len(self.new) == 1:
            new = "one symbol is new to it, and begins"
        return [f"starts from {name}", f"{new} with the mean of the others: {shown}{more}"]


def open_with_origin(settings: TextSettings, corpus: Corpus, start: Checkpoint) -> tuple[Corpus, Origin]:
    """The text with the symbols of the model and its own, and the model with a row for each of them.

    `corpus` is the text with its own vocabulary only.
    """
    known = start.vocabulary
    new = tuple(sorted(set(corpus.vocabulary.symbols).difference(known.symbols)))
    vocabulary = Vocabulary(tuple(sorted({*known.symbols, *new})), known.unit) if new else known
    opened = open_corpus(settings, vocabulary, "skip")
    if opened.unknown and vocabulary.unknown_id is not None:
        opened = replace(opened, notes=(*opened.notes, rare_note(opened.unknown, opened.characters)))
    return opened, Origin(start, vocabulary, _with_symbols(start, vocabulary), new)


def seen_notes(text: TextSettings, corpus: Corpus, start: Checkpoint) -> list[str]:
    """What to say if the model was trained on the same text, and on parts of it that are now held out."""
    own = start.settings.text
    others = {name: getattr(own, name) for name in SPLIT if getattr(text, name) != getattr(own, name)}
    at_random = text.records or corpus.split_kind != "contiguous"
    drawn_again = at_random and not others.keys() <= {"splits"}
    if corpus.sha256 != start.text.sha256 or not (drawn_again or text.splits[0] < own.splits[0]):
        return []
    same = " ".join(f"-s text.{name}={json.dumps(value).replace(' ', '')}" for name, value in others.items())
    what = f"{start.run_name} was trained on some of what is now valid or test, so these scores are too good"
    return [f"{what}; its own split: {same}"]


def _with_symbols(start: Checkpoint, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """The parameters of the model, with values for each symbol of the vocabulary, in its order.

    Which have them, and along which axis, is seen where their shapes differ between the two vocabularies.
    """
    known = {symbol: number for number, symbol in enumerate(start.vocabulary.symbols)}
    source = np.array([known.get(symbol, -1) for symbol in vocabulary.symbols])
    shapes = parameter_shapes_of(start.settings.model, vocabulary.size)
    grown = {}
    for name, values in start.parameters.items():
        for axis, (had, wanted) in enumerate(zip(values.shape, shapes[name], strict=True)):
            if had != wanted:
                values = _grown(values, axis, (wanted - had) // (len(source) - len(known)), len(known), source)
        grown[name] = values
    return grown


def _grown(values: np.ndarray, axis: int, blocks: int, known: int, source: np.ndarray) -> np.ndarray:
    """Values along an axis that has so many blocks with one for each of the known symbols, and then others, perhaps.

    `source` (V,) has the numbers of the symbols among the known ones, and -1 for those that are new.
    """
    along = np.moveaxis(values, axis, 0)
    of_symbols = along[: blocks * known].reshape(blocks, known, *along.shape[1:])
    found = of_symbols[:, source]
    found[:, source < 0] = of_symbols.mean(axis=1, keepdims=True)
    joined = np.concatenate([found.reshape(-1, *along.shape[1:]), along[blocks * known :]])
    return np.ascontiguousarray(np.moveaxis(joined, 0, axis))


def kind_of(start: Checkpoint) -> dict[str, object]:
    """The setting that says of which kind the model is, for a new one of the same kind; none for a language model."""
    own = {"model.pairs.kind": start.pair_kind, "model.latent.kind": start.latent_kind}
    return {name: kind for name, kind in own.items() if kind is not None}


def settings_from(resolved: Resolved, start: Checkpoint) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a training that starts from this model, and notes on them.

    The model is that of `start`. Unless the user gives other values on the command line or in a file, so is the form of
    the text, and the learning rate is smaller. Raises UsageError if the user asks for another model, or for no text.
    """
    given = {name for name, at in resolved.origins.items() if at != "default" and not at.startswith("preset ")}
    wanted, own = (dict[str, Any](dotted(each)) for each in (resolved.settings, start.settings))
    fixed = [name for name in wanted if name == "text.unit" or (_is_of_model(name) and name not in FREE)]
    given -= set(resolved.automatic)  # those are as the model was trained
    other = [name for name in fixed if name in given and wanted[name] != own.get(name)]
    if other:
        asked = " ".join(f"{name}={wanted[name]}" for name in other)
        leave = " and ".join(f"{name} ({KINDS[name]})" if name in KINDS else name for name in other)
        raise UsageError(
            f"The model of {start.run_name} is {start.settings.model.in_short()}, and {asked} asks for another one",
            ", ".join(dict.fromkeys(resolved.origins[name] for name in other)),
            f"Leave {leave} out, or train a new model without --from.",
        )
    if "text.sources" not in given:
        raise UsageError(
            "--from starts a training on a text, and none is given",
            f"--from {start.run_name}",
            f"Name it: charlm train TEXT --from {start.run_name}\n"
            f"To train that run for longer: charlm train --resume {start.run_name} --more 500",
        )
    expected = {key for key in KEPT if f"text.{key}" not in given} | {"unit"}
    if not any(f"text.{key}" in given for key in FORM):
        expected |= {"records", "separator"}
    kept = [*resolved.automatic, *(name for name in own if _is_of_model(name)), *(f"text.{key}" for key in expected)]
    values = {name: value for name, value in wanted.items() if not _is_of_model(name)}
    values |= {name: own[name] for name in kept} | {name: wanted[name] for name in FREE if name in given}
    notes = []
    if "training.learning_rate" not in given:
        rate = min(values["training.learning_rate"], start.settings.training.learning_rate) / SLOWER
        notes.append(f"training.learning_rate is {rate:g}, half of a new model's; -s gives another")
        values["training.learning_rate"] = rate
    try:
        return Settings.model_validate(nested(values)), tuple(notes)
    except ValidationError as error:  # a form of the text, or a kind of dropout, that this kind of model cannot have
        raise usage_error(with_origins(problems_of(error), resolved.origins)) from None


def _is_of_model(name: str) -> bool:
    return name.startswith("model.")


def recorded_origin(run: Run) -> Checkpoint | None:
    """The checkpoint that a run was begun from; None if it began without one.

    Raises CheckpointError if it is gone or has changed.
    """
    recorded = run.mark.get("from")
    if not isinstance(recorded, dict):
        return None
    folder = str(recorded.get("checkpoint"))
    advice = "Begin again under another name: charlm train TEXT --from RUN"
    try:
        start = load_checkpoint(Path(folder))
    except CheckpointError as error:
        raise CheckpointError(f"The model that {run.name} starts from is gone: {error.what}", folder, advice) from None
    if fingerprint(start) != recorded.get("sha256"):
        raise CheckpointError(f"The model that {run.name} starts from has changed", folder, advice)
    return start


def fingerprint(checkpoint: Checkpoint) -> str:
    """sha256 over the names and values of the parameters."""
    digest = hashlib.sha256()
    for name, value in sorted(checkpoint.parameters.items()):
        digest.update(f"{name} {value.shape}\n".encode())
        digest.update(np.ascontiguousarray(value).data)
    return digest.hexdigest()
