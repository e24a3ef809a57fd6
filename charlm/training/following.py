"""A training as the processes other than 0 have it: on the same text, without a run of their own. Knows no terminal."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from charlm.errors import TextError
from charlm.processes.group import Group
from charlm.text.corpus import Corpus, open_corpus
from charlm.training.announcing import Announced, hear, ready
from charlm.training.experiment import Training
from charlm.training.own_cells import prepare_own_cells
from charlm.training.task import Task
from charlm.training.task_kinds import opened, read_as


def follow(group: Group) -> Training[Task]:
    """The training that process 0 begins or resumes. It locks and writes nothing.

    Raises TextError if the text is not here, or is another one than that of process 0, UsageError if the device is
    absent or too small, LostProcessError if process 0 ends.
    """
    heard = hear(group)
    corpus = _open(heard, group)
    task: Task = opened(heard.settings, corpus, heard.initial, group).task(heard.settings)
    prepare_own_cells(heard.settings.model, task.compute)
    return Training(task, ready(group), heard.checkpoint, (), latest=False, _lock=ExitStack())


def _open(heard: Announced, group: Group) -> Corpus:
    where = f"process {group.rank} on {socket.gethostname()}"
    remedy = "Every machine needs the same files under the same names: copy them there, or use a shared folder."
    try:
        corpus = open_corpus(
            read_as(heard.settings)
        )  # as process 0 did for a new run: on its machine it is in the cache
        if corpus.vocabulary.fingerprint != heard.vocabulary.fingerprint:
            corpus = open_corpus(read_as(heard.settings), heard.vocabulary, "skip")
    except TextError as error:
        raise TextError(error.what, f"{error.where}, {where}", remedy) from None
    if corpus.sha256 != heard.sha256:
        raise TextError(
            f"The text {', '.join(corpus.sources)[:80]} is not that of process 0",
            f"{where}: sha256 {corpus.sha256[:16]}... instead of {heard.sha256[:16]}...",
            remedy,
        )
    return corpus
