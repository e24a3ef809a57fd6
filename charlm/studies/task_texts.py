"""The texts of a study that are tasks for a memory: one to train on, and one of other sizes to test on.

    synthetic: {copy: {length: 1-20, tested: {length: 50}, lines: 40000}}

`tested` has the sizes of the test, where they differ. Knows no trial. The tasks are those of text/corpora/tasks.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError
from charlm.text.corpora import tasks
from charlm.text.corpora.tasks import Range, check_alphabet, parse_range

LONGEST = 10_000
Lines = Callable[[np.random.Generator], Iterator[str]]


def _range(options: Mapping[str, Any], name: str, most: int = LONGEST, least: int = 1) -> Range:
    return parse_range(str(options[name]), name, least, most)


def _copy(given: Mapping[str, Any]) -> Lines:
    length = _range(given, "length")
    return lambda rng: tasks.copy_lines(rng, check_alphabet(given["letters"]), length)


def _repeat_copy(given: Mapping[str, Any]) -> Lines:
    length, times = _range(given, "length"), _range(given, "times", 1000)
    return lambda rng: tasks.repeat_copy_lines(rng, check_alphabet(given["letters"]), length, times)


def _items(given: Mapping[str, Any]) -> Lines:
    items = _range(given, "items", given["letters"] ** tasks.ITEM, 2)
    return lambda rng: tasks.recall_lines(rng, check_alphabet(given["letters"]), items)


def _sort(given: Mapping[str, Any]) -> Lines:
    items = _range(given, "items", 100)
    return lambda rng: tasks.sort_lines(rng, check_alphabet(given["letters"]), items, 0.8)


def _ngram(given: Mapping[str, Any]) -> Lines:
    bits = _range(given, "bits", LONGEST, tasks.CONTEXT + 1).low
    return lambda rng: tasks.ngram_lines(rng, bits)


# The sizes of each task with their defaults, and what makes its lines.
TASKS: dict[str, tuple[dict[str, Any], Callable[[Mapping[str, Any]], Lines]]] = {
    "copy": ({"length": "1-20", "letters": 8}, _copy),
    "repeat-copy": ({"length": "1-10", "times": "1-10", "letters": 8}, _repeat_copy),
    "items": ({"items": "2-6", "letters": 8}, _items),
    "sort": ({"items": "20", "letters": 8}, _sort),
    "ngram": ({"bits": 200}, _ngram),
}


@dataclass(frozen=True)
class TaskText:
    """A task, the sizes of its lines to train on and to test on as JSON, so that they can be compared, and how many."""

    task: str
    trained: str
    tested: str
    lines: int

    @property
    def name(self) -> str:
        """Of its file: `copy-40000-1-20-8`."""
        sizes = "-".join(str(value) for value in json.loads(self.trained).values())
        return f"{self.task}-{self.lines}-{sizes}"

    def training_text(self, seed: int) -> str:
        return self._text(self.trained, self.lines, seed)

    def test_text(self, lines: int, seed: int) -> str:
        return self._text(self.tested, lines, seed)

    def _text(self, sizes: str, lines: int, seed: int) -> str:
        return tasks.task_text(self.task, TASKS[self.task][1](json.loads(sizes)), lines, seed)

    def guessing_bits(self, text: str) -> float:
        """What who guesses pays for the answers of a text, in bits a line."""
        symbols = 2 if self.task == "ngram" else json.loads(self.tested)["letters"]
        return tasks.guessing_bits(text, symbols)

    def optimal_bits(self, text: str) -> float:
        """What the best possible model pays for them."""
        return tasks.optimal_bits(self.task, text)


def read_task(task: str, given: object, where: str) -> TaskText:
    """The task that a study's YAML describes. Raises UsageError."""
    defaults, make = TASKS[task]
    if not isinstance(given, dict):
        raise UsageError(f"{task} needs its sizes", where, f"Write it as {{{task}: {{{_first(defaults)}}}}}.")
    rest = dict(given)
    tested, lines = rest.pop("tested", {}), rest.pop("lines", 20_000)
    if not isinstance(lines, int) or isinstance(lines, bool) or not 1 <= lines <= 10**6:
        raise UsageError(f"lines must be a whole number of at least 1, not {str(lines)[:40]}", where, "")
    if not isinstance(tested, dict):
        raise UsageError("tested has no sizes", where, f"Write it as tested: {{{_first(defaults)}}}.")
    for name in (*rest, *tested):
        if name not in defaults:
            has = suggestion(str(name), list(defaults)) or f"It has {', '.join(defaults)}, tested and lines."
            raise UsageError(f"{task} has no {str(name)[:40]}", where, has)
    trained, longer = json.dumps(defaults | rest), json.dumps(defaults | rest | tested)
    found = TaskText(task, trained, longer, lines)
    for text in (trained, longer):
        next(make(json.loads(text))(np.random.default_rng(0)))  # wrong sizes are found before anything is trained
    return found


def _first(defaults: Mapping[str, Any]) -> str:
    name, value = next(iter(defaults.items()))
    return f"{name}: {value}"
