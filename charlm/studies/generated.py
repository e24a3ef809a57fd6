"""The generated text of a trial, as a study's YAML describes it under `synthetic`. Knows no trial.

synthetic: {recall: {gap: 20, lines: 5000}}        a key, a gap of noise, and the key again
synthetic: {copy: {length: 1-20, lines: 5000}}     a task for a memory (task_texts.py)
synthetic: {reverse: {length: 10, lines: 5000}}    pairs of a source and a target (text/corpora/pair_tasks.py)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from charlm.config.problems import abbreviated
from charlm.config.suggestions import suggestion
from charlm.errors import UsageError
from charlm.studies.task_texts import TASKS, TaskText, read_task
from charlm.text.corpora import pair_tasks
from charlm.text.corpora.pair_tasks import pair_text
from charlm.text.corpora.synthetic import recall_text

MOST = 10**6  # of any size


@dataclass(frozen=True)
class RecallText:
    """Lines of a key, a gap of noise, and the key again."""

    gap: int = 20
    lines: int = 10_000

    @property
    def name(self) -> str:
        return f"recall-{self.gap}-{self.lines}"

    def training_text(self, seed: int) -> str:
        return recall_text(self.gap, self.lines, seed)


@dataclass(frozen=True)
class PairsText:
    """Lines of a source, a tab and a target; `length` is that of the longest source, as the task understands it."""

    task: str
    length: int
    lines: int = 20_000

    @property
    def name(self) -> str:
        return f"{self.task}-{self.length}-{self.lines}"

    def training_text(self, seed: int) -> str:
        return pair_text(self.task, self.lines, seed, self.length)


Generated = RecallText | TaskText | PairsText


def read_generated(given: object, before: Generated | None, where: str) -> Generated | None:
    """The text that a part of a study describes, or `before`, what an earlier part has described. Raises UsageError.

    Sizes of a recall text that the part leaves out are those of the earlier part.
    """
    if given is None:
        return before
    if isinstance(given, dict) and len(given) == 1:
        ((name, sizes),) = given.items()
        if name in TASKS:
            return read_task(name, sizes, where)
        if name in pair_tasks.TASKS:
            found = PairsText(name, pair_tasks.TASKS[name].usual)
            text = PairsText(name, **_sizes(name, sizes, asdict(found), ("length", "lines"), where))
            pair_text(name, 1, 0, text.length)  # wrong sizes are found before anything is trained
            return text
        if name == "recall":
            known = before if isinstance(before, RecallText) else RecallText()
            return RecallText(**_sizes(name, sizes, asdict(known), ("gap", "lines"), where))
    raise UsageError(
        f"synthetic cannot be {abbreviated(given)}",
        where,
        f"Write it as {{recall: {{gap: 20, lines: 5000}}}}, or name a task: {', '.join((*TASKS, *pair_tasks.TASKS))}.",
    )


def _sizes(name: str, given: object, known: dict[str, Any], names: Collection[str], where: str) -> dict[str, int]:
    """The numbers with these names: those that are given, and else those that are known."""
    if not isinstance(given, dict):
        raise UsageError(f"{name} needs its sizes", where, f"Write it as {{{name}: {{lines: {known['lines']}}}}}.")
    for each, value in given.items():
        if each not in names:
            hint = suggestion(str(each), names) or f"It has {' and '.join(names)}."
            raise UsageError(f"{name} has no {str(each)[:40]}", where, hint)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST:
            raise UsageError(f"{each} must be a whole number of at least 1, not {abbreviated(value)}", where, "")
    return {each: given.get(each, known[each]) for each in names}
