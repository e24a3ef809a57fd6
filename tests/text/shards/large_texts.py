"""A small text that is worked on as a large one is, but in this process and in any order of its parts."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import ClassVar

from charlm.config.settings import TextSettings
from charlm.text.corpus import open_corpus
from charlm.text.shards.processes import Said, Workers, known_error
from charlm.text.shards.worker import Worker

VERSE = "Full fathom five thy father lies;\nOf his bones are coral made;\n"


class InHere(Workers):
    """Does the tasks in this process, in the order that `order` gives them, and keeps what they were."""

    order = reversed
    tasks: ClassVar[list[dict]] = []

    def work(self, tasks):
        for number, task in self.order(list(tasks)):
            self.tasks.append(task)
            with redirect_stdout(io.StringIO()):
                kind, value = Worker().answer(json.loads(json.dumps(task)))
            assert kind != "failed", value
            if kind == "error":
                raise known_error(*value)
            yield Said(number, far=1)
            yield Said(number, result=value)


def to_the_end(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value


def opened(source, vocabulary=None, unknown="error", **settings):
    return open_corpus(TextSettings(sources=(str(source),), **settings), vocabulary, unknown)
