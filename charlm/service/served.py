"""A model that is served: what requests need of a checkpoint. Knows no HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from charlm.checkpoint import Checkpoint
from charlm.config.suggestions import suggestion
from charlm.engines.choosing import stepper
from charlm.errors import UsageError
from charlm.model.parameters import count_parameters
from charlm.model.stepping import Stepper
from charlm.sampling.writing import opening_ids
from charlm.text.prompt import as_trained


@dataclass(frozen=True, eq=False)
class Prompt:
    """The ids that a model reads first; how many of them are the prompt's own; the characters that it does not know."""

    ids: tuple[int, ...]
    own: int
    unknown: dict[str, int]


@dataclass(frozen=True, eq=False)
class Served:
    """A checkpoint under the name that requests give it."""

    name: str
    checkpoint: Checkpoint

    @cached_property
    def model(self) -> Stepper:
        return stepper(self.checkpoint.writer)

    @cached_property
    def end(self) -> int | None:
        """The id that ends a record; None if the model is not one of records."""
        return self.checkpoint.record_end

    @cached_property
    def created(self) -> int:
        """When the checkpoint was written, in seconds since 1970; 0 if that is not known."""
        try:
            return int(self.checkpoint.folder.stat().st_mtime)
        except OSError:
            return 0

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same weights and symbols."""
        content = hashlib.sha256(self.checkpoint.vocabulary.fingerprint.encode())
        for name, values in sorted(self.checkpoint.parameters.items()):
            content.update(name.encode() + np.ascontiguousarray(values).tobytes())
        return f"charlm-{content.hexdigest()[:16]}"

    @property
    def parameters(self) -> int:
        return count_parameters(self.checkpoint.settings.model, self.checkpoint.vocabulary.size)

    def prompt(self, text: str) -> Prompt:
        """What `charlm sample` reads for this prompt."""
        vocabulary = self.checkpoint.vocabulary
        encoded = vocabulary.encode(as_trained(text, self.checkpoint.settings.text, vocabulary), "skip")
        ids = opening_ids(vocabulary, encoded.ids, self.end)
        own = len(ids) - 1 if self.end is not None else encoded.ids.size
        return Prompt(tuple(ids), int(own), encoded.unknown)


def serve(checkpoints: list[Checkpoint]) -> dict[str, Served]:
    """The models by name: that of the run, and with the step where two would have the same.

    Raises UsageError if a checkpoint is named twice.
    """
    served: dict[str, Served] = {}
    names = [checkpoint.run_name for checkpoint in checkpoints]
    for checkpoint, name in zip(checkpoints, names, strict=True):
        unique = name if names.count(name) == 1 else f"{name}-step-{checkpoint.step}"
        if unique in served:
            raise UsageError(f"{unique} is named twice", str(checkpoint.folder), "Name each checkpoint once.")
        served[unique] = Served(unique, checkpoint)
    return served


def hint_for(name: str, served: dict[str, Served]) -> str:
    """What to write instead of a name that no model has."""
    listed = ", ".join(served)
    return f"{suggestion(name, list(served))} Models: {listed}.".strip()
