"""How process 0 tells the others what to train, before it writes anything. Knows no terminal.

Process 0 alone reads the command's texts, models and runs, and decides. The others hear its settings, the vocabulary,
the fingerprint of the text, and the weights or the checkpoint to go on from; each of them opens the same text where it
is. Process 0 waits until all have it, and only then makes or changes the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charlm.checkpoint import Checkpoint
from charlm.config.settings import Settings
from charlm.errors import UsageError
from charlm.processes.group import Group
from charlm.processes.launch import launched
from charlm.processes.messages import pack, unpack
from charlm.runs import Run
from charlm.text.sources import STDIN
from charlm.text.vocabulary import Vocabulary
from charlm.training.leading import shared_checkpoint
from charlm.training.task import Task


@dataclass(frozen=True)
class Announced:
    """What process 0 trains. `initial` are weights that a new training starts from, `checkpoint` where one goes on."""

    settings: Settings
    vocabulary: Vocabulary
    sha256: str  # of the text
    initial: Mapping[str, np.ndarray] | None
    checkpoint: Checkpoint | None


def require_for_all(settings: Settings, group: Group) -> None:
    """Raises UsageError, before a text is read, if several processes cannot train this together."""
    launch = launched()
    if group.size == 1 and launch:
        raise UsageError(
            f"torchrun started {launch.size} processes, and each of them would train a run of its own",
            "charlm.train",
            "Use the command, which shares the lanes: torchrun --nproc-per-node 2 -m charlm train TEXT",
        )
    if group.size == 1:
        return
    one = "Start one process, without torchrun: charlm train TEXT"
    kinds = {"latent variables": settings.model.latent.kind, "pairs": settings.model.pairs.kind}
    for what, kind in kinds.items():
        if kind is not None:
            where = f"model.{what.partition(' ')[0]}.kind={kind}"
            raise UsageError(f"Several processes train language models, and no {what} yet", where, one)
    if STDIN in (*settings.text.sources, *settings.text.valid, *settings.text.test):
        raise UsageError(
            f"{group.size} processes cannot all read standard input", "-", "Write the text to a file, and name that."
        )


def announce(task: Task, checkpoint: Checkpoint | None) -> None:
    """Tell the others, and wait until all have opened the text. Does nothing for a single process."""
    group, initial = task.group, task.initial
    if group.size == 1:
        return
    values = {
        "settings": task.settings.model_dump(mode="json"),
        "vocabulary": task.vocabulary.to_json(),
        "sha256": task.text.sha256,
        "initial": initial is not None,
    }
    group.share(pack(values, initial or {}))
    shared_checkpoint(group, checkpoint)
    group.collect(b"ready")


def hear(group: Group) -> Announced:
    """What process 0 announces. The caller opens the text and says that it is `ready`."""
    values, arrays = unpack(group.share(b""))
    return Announced(
        settings=Settings.model_validate(values["settings"]),
        vocabulary=Vocabulary.from_json(values["vocabulary"]),
        sha256=values["sha256"],
        initial=arrays if values["initial"] else None,
        checkpoint=shared_checkpoint(group, None),
    )


def ready(group: Group) -> Run:
    """Say that this process can begin. Gives the run, whose folder only process 0 can be expected to see."""
    group.collect(b"ready")
    return Run(Path(group.share(b"").decode()))


def admit(group: Group, run: Run) -> None:
    """Let the others begin: the run is there, and locked."""
    group.share(str(run.folder).encode())
