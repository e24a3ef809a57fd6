"""The texts of a study that are tasks for a memory: one to train on, and one of other sizes to test on.

    synthetic: {copy: {length: 1-20, tested: {length: 50}, lines: 40000}}

`tested` has the sizes of the test, where they differ. Knows no trial. The tasks are those of text/corpora/tasks.py and
text/corpora/tracking.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError
from charlm.text.corpora import tasks, tracking
from charlm.text.corpora.tasks import Range, check_alphabet, parse_range

LONGEST = 10_000
Sizes = Mapping[str, Any]
Lines = Callable[[np.random.Generator], Iterator[str]]


@dataclass(frozen=True)
class Task:
    """The sizes of a task with their defaults, what makes its lines, and the symbols that an answer is made of."""

    defaults: dict[str, Any]
    make: Callable[[Sizes], Lines]
    symbols: Callable[[Sizes], int]


def _range(options: Sizes, name: str, most: int = LONGEST, least: int = 1) -> Range:
    return parse_range(str(options[name]), name, least, most)


def _whole(options: Sizes, name: str, most: int = LONGEST, least: int = 1) -> int:
    found = _range(options, name, most, least)
    if found.low != found.high:
        raise UsageError(f"{found} is a range, and {name} takes one number", name, f"Give {name}: {found.high}.")
    return found.low


def _alphabet(options: Sizes) -> str:
    return check_alphabet(_whole(options, "letters", 26, 2))


def _copy(given: Sizes) -> Lines:
    length = _range(given, "length")
    return lambda rng: tasks.copy_lines(rng, _alphabet(given), length)


def _repeat_copy(given: Sizes) -> Lines:
    length, times = _range(given, "length"), _range(given, "times", 1000)
    return lambda rng: tasks.repeat_copy_lines(rng, _alphabet(given), length, times)


def _items(given: Sizes) -> Lines:
    items = _range(given, "items", len(_alphabet(given)) ** tasks.ITEM, 2)
    return lambda rng: tasks.recall_lines(rng, _alphabet(given), items)


def _sort(given: Sizes) -> Lines:
    items = _range(given, "items", 100)
    return lambda rng: tasks.sort_lines(rng, _alphabet(given), items, 0.8)


def _ngram(given: Sizes) -> Lines:
    bits = _whole(given, "bits", LONGEST, tasks.CONTEXT + 1)
    return lambda rng: tasks.ngram_lines(rng, bits)


def _parity(given: Sizes) -> Lines:
    length = _range(given, "length")
    return lambda rng: tracking.parity_lines(rng, length)


def _brackets(given: Sizes) -> Lines:
    length, depth, kinds = _range(given, "length"), _whole(given, "depth"), _kinds(given)
    return lambda rng: tracking.bracket_lines(rng, kinds, length, depth)


def _kinds(given: Sizes) -> int:
    return tracking.check_kinds(_whole(given, "kinds"))


def _bits(given: Sizes) -> int:
    return 2


def _letters(given: Sizes) -> int:
    return len(_alphabet(given))


TASKS = {
    "copy": Task({"length": "1-20", "letters": 8}, _copy, _letters),
    "repeat-copy": Task({"length": "1-10", "times": "1-10", "letters": 8}, _repeat_copy, _letters),
    "items": Task({"items": "2-6", "letters": 8}, _items, _letters),
    "sort": Task({"items": "20", "letters": 8}, _sort, _letters),
    "ngram": Task({"bits": 200}, _ngram, _bits),
    "parity": Task({"length": "1-40"}, _parity, _bits),
    "brackets": Task({"length": "1-40", "depth": 8, "kinds": 2}, _brackets, _kinds),
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
        return tasks.task_text(self.task, TASKS[self.task].make(json.loads(sizes)), lines, seed)

    def guessing_bits(self, text: str) -> float:
        """What who guesses pays for the answers of a text, in bits a line."""
        return tasks.guessing_bits(text, TASKS[self.task].symbols(json.loads(self.tested)))

    def optimal_bits(self, text: str) -> float:
        """What the best possible model pays for them."""
        return tasks.optimal_bits(self.task, text)


def read_task(task: str, given: object, where: str) -> TaskText:
    """The task that a study's YAML describes. Raises UsageError."""
    defaults = TASKS[task].defaults
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
        next(
            TASKS[task].make(json.loads(text))(np.random.default_rng(0))
        )  # wrong sizes are found before anything is trained
    return found


def _first(defaults: Mapping[str, Any]) -> str:
    name, value = next(iter(defaults.items()))
    return f"{name}: {value}"
