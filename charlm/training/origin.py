"""A training that starts from a trained model: its settings, its weights, and rows for characters that are new.

Embedding and head have a row for each symbol. The rows of symbols that the model knows are kept; a new symbol begins
with the mean of their rows. Shape letter: V symbols.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from charlm.checkpoint import Checkpoint, load_checkpoint
from charlm.checkpoint.contents import needs_a_source
from charlm.config.given import dotted
from charlm.config.resolving import Resolved
from charlm.config.settings import Settings, TextSettings
from charlm.errors import CheckpointError, UsageError
from charlm.runs import Run
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.reading_notes import rare_note
from charlm.text.vocabulary import Vocabulary
from charlm.training.automatic import with_values

ROWS = ("embedding.weight", "head.weight", "head.bias")  # parameters with a row for each symbol
FREE = ("dropout", "dropout_kind", "weight_drop")  # settings of the model that change none of its weights
KEPT = ("newlines", "normalize", "min_count")  # how the model expects its text, unless the user gives others
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
    return opened, Origin(start, vocabulary, _with_rows(start, vocabulary), new)


def _with_rows(start: Checkpoint, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """The parameters, those of ROWS with V rows in the order of the vocabulary."""
    old = {symbol: number for number, symbol in enumerate(start.vocabulary.symbols)}
    source = np.array([old.get(symbol, -1) for symbol in vocabulary.symbols])
    grown = dict(start.parameters)
    for name in ROWS:
        if name in grown:
            rows = grown[name][source]
            rows[source < 0] = grown[name].mean(axis=0)
            grown[name] = rows
    return grown


def settings_from(resolved: Resolved, start: Checkpoint) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a training that starts from this model, and notes on them.

    The model is that of `start`. Unless the user gives other values on the command line or in a file, so is the form of
    the text, and the learning rate is smaller. Raises UsageError if the user asks for another model, or for no text.
    """
    if start.pair_kind is not None:
        raise needs_a_source(start.run_name, start.pair_kind)
    if start.latent_kind is not None:
        raise UsageError(
            f"{start.run_name} has latent variables ({start.latent_kind}), and --from starts from models without them",
            f"--from {start.run_name}",
            f"To train that run for longer: charlm train --resume {start.run_name} --more 500",
        )
    given = {name for name, at in resolved.origins.items() if at != "default" and not at.startswith("preset ")}
    wanted, own = dotted(resolved.settings), dotted(start.settings)
    fixed = [name for name in wanted if name == "text.unit" or _shapes_the_model(name)]
    given -= set(resolved.automatic)  # those are as the model was trained
    other = [name for name in fixed if name in given and wanted[name] != own.get(name)]
    if other:
        asked = " ".join(f"{name}={wanted[name]}" for name in other)
        raise UsageError(
            f"The model of {start.run_name} is {start.settings.model.in_short()}, and {asked} asks for another one",
            ", ".join(dict.fromkeys(resolved.origins[name] for name in other)),
            f"Leave {' and '.join(other)} out, or train a new model without --from.",
        )
    if "text.sources" not in given:
        raise UsageError(
            "--from starts a training on a text, and none is given",
            f"--from {start.run_name}",
            f"Name it: charlm train TEXT --from {start.run_name}\n"
            f"To train that run for longer: charlm train --resume {start.run_name} --more 500",
        )
    settings = with_values(resolved.settings, {name: own[name] for name in resolved.automatic if name in own})
    chosen = {key: getattr(settings.model, key) for key in FREE if f"model.{key}" in given}
    expected = {key for key in KEPT if f"text.{key}" not in given} | {"unit"}
    if not any(f"text.{key}" in given for key in FORM):
        expected |= {"records", "separator"}
    kept = {key: value for key, value in start.settings.text if key in expected}
    training, notes = settings.training, []
    if "training.learning_rate" not in given:
        rate = min(training.learning_rate, start.settings.training.learning_rate) / SLOWER
        notes.append(f"training.learning_rate is {rate:g}, half of a new model's; -s gives another")
        training = training.model_copy(update={"learning_rate": rate})
    return (
        settings.model_copy(
            update={
                "model": start.settings.model.model_copy(update=chosen),
                "text": settings.text.model_copy(update=kept),
                "training": training,
            }
        ),
        tuple(notes),
    )


def _shapes_the_model(name: str) -> bool:
    section, _, key = name.partition(".")
    return section == "model" and key not in FREE


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
