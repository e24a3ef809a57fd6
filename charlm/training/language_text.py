"""The text of a language model's run: opened again, as the run was trained on it, with the weights it starts from.

Knows no weights in training.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.reopening import open_same_text
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.precision import compute_for
from charlm.processes.group import ALONE, Group
from charlm.runs import Run, command_name
from charlm.text.corpus import Corpus
from charlm.text.lanes import Reader
from charlm.training.language import LanguageTask
from charlm.training.memory import require_memory
from charlm.training.origin import open_with_origin, recorded_origin
from charlm.training.plan import train_reader
from charlm.training.resuming import Asked, resume_command
from charlm.training.task_kinds import task_of


@dataclass(frozen=True, eq=False)
class OpenedText:
    """A text and the reader that cuts it, for the processes of `group`.

    `initial` are the weights that a run starts from, if it was begun with --from and has no checkpoint.
    """

    corpus: Corpus
    reader: Reader
    initial: Mapping[str, np.ndarray] | None = None
    group: Group = ALONE

    def task(self, settings: Settings) -> LanguageTask:
        """The task on the device of the settings. It is checked before anything is written, so that a refusal leaves no
        run behind. Raises UsageError if the device is absent or too small."""
        compute = compute_for(settings)
        require_memory_for(settings, self.corpus, compute, self.group)
        return task_of(settings, self.corpus, self.reader, compute, self.initial, self.group)


def open_language_text(
    run: Run, settings: Settings, checkpoint: Checkpoint | None, asked: Asked, group: Group = ALONE
) -> OpenedText:
    """The text of a run (see `OpenText`), for the processes of a group."""
    text = run.mark.get("text")
    recorded = text.get("sha256") if isinstance(text, dict) else None
    otherwise = f"To train on another text, start from this model: charlm train PATH --from {command_name(run)}"
    corpus = open_same_text(
        settings.text,
        checkpoint.vocabulary if checkpoint else None,
        checkpoint.text.sha256 if checkpoint else str(recorded),
        run.name,
        " ".join([resume_command(run), *map(shlex.quote, asked.words())]),
        otherwise if checkpoint else "Train a new run on this text.",
        asked.moved,
    )
    start = None if checkpoint else recorded_origin(run)
    origin = None
    if start is not None:
        corpus, origin = open_with_origin(asked.moved.settings(settings.text), corpus, start)
    return OpenedText(corpus, train_reader(settings, corpus), origin.parameters if origin else None, group)


def require_memory_for(settings: Settings, corpus: Corpus, compute: Compute, group: Group = ALONE) -> None:
    """Raises UsageError, with sizes to try, if a training on this text needs more memory than is free.

    Each process reads its share of the lanes.
    """
    lanes = max(1, settings.training.batch_size // group.size)
    shared = settings.model_copy(update={"training": settings.training.model_copy(update={"batch_size": lanes})})
    require_memory(shared, corpus.vocabulary.size, int(corpus.split("train").size), compute)
