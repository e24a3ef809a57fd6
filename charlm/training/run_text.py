"""The text of a run, opened again as the run was trained on it, with the weights that it starts from.

Knows no kind of model and no weights in training.
"""

from __future__ import annotations

import shlex

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.reopening import open_same_text
from charlm.config.settings import Settings
from charlm.processes.group import ALONE, Group
from charlm.runs import Run, command_name
from charlm.training.origin import open_with_origin, recorded_origin
from charlm.training.resuming import Asked, resume_command
from charlm.training.task_kinds import OpenedPairs, OpenedText, opened, read_as


def open_run_text(
    run: Run, settings: Settings, checkpoint: Checkpoint | None, asked: Asked, group: Group = ALONE
) -> OpenedText | OpenedPairs:
    """The text of a run (see `OpenText`), for the processes of a group."""
    text = run.mark.get("text")
    recorded = text.get("sha256") if isinstance(text, dict) else None
    otherwise = f"To train on another text, start from this model: charlm train PATH --from {command_name(run)}"
    corpus = open_same_text(
        read_as(settings),
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
        corpus, origin = open_with_origin(asked.moved.settings(read_as(settings)), corpus, start)
    return opened(settings, corpus, origin.parameters if origin else None, group)
