"""The scores of several texts with several models, a row for each text. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_table
from charlm.display.printing import print_stderr

MARK = "*"  # beside the best of a row
UNSURE = "~"  # beside those that may be as good: the interval of the difference holds 0

Scores = Sequence[Mapping[str, Any]]


def best_run(scores: Scores) -> int:
    """The number of the run with the fewest bits, counted from 0, the first of equal ones.

    Models that count the same symbols are compared by their bits per character, others by their bits per byte.
    """
    return min(range(len(scores)), key=lambda number: scores[number][_measure(scores)])


def print_matrix(rows: Sequence[Mapping[str, Any]], policy: str, notes: Sequence[str]) -> None:
    """`rows` are the texts of `--json`: each has the scores of all runs, and the number of the best. The notes are of
    all readings."""
    for note in notes:
        print_stderr(note)
    measure = _measure(rows[0]["runs"])
    names = [str(score["run"]) for score in rows[0]["runs"]]
    steps = [f"{score['step']:,}" for score in rows[0]["runs"]]
    same = len(set(names)) < len(names)  # checkpoints of one run
    heads = [f"{name}, step {step}" if same else name for name, step in zip(names, steps, strict=True)]
    table = [["text", *heads, "ahead by"]]
    for row in rows:
        values = [float(score[measure]) for score in row["runs"]]
        cells = [f"{value:.4f}{_mark(row, number)}" for number, value in enumerate(values)]
        ordered = sorted(values)
        table.append([row["text"], *cells, f"{ordered[1] - ordered[0]:.4f}" if len(values) > 1 else ""])
    print_table(table, keys=1, right=[*heads, "ahead by"])
    print_stderr(f"{measure.replace('_', ' ')}; {MARK} is the best of its row")
    if any(_mark(row, number) == UNSURE for row in rows for number in range(len(names))):
        print_stderr(f"{UNSURE} may be as good: the 95 % interval of the difference holds 0 (--json has it)")
    if measure == "bits_per_byte":
        print_stderr("the models count different symbols (text.unit), so their bits per byte are compared")
    every = [score for row in rows for score in row["runs"]]
    if any(score["unknown_charged"] for score in every):
        print_stderr("a character that a model does not know costs about 20 bits, which name it among all of Unicode")
    elif any(score["unknown_left_out"] for score in every):
        print_stderr(f"with --unknown {policy} the scores are of different characters; `charge` makes them comparable")


def _mark(row: Mapping[str, Any], number: int) -> str:
    if number == row["best"]:
        return MARK
    interval = row["behind"][number]["interval"]
    return UNSURE if interval and interval["low_nats"] <= 0 else " "


def _measure(scores: Scores) -> str:
    return "bits_per_character" if len({score["unit"] for score in scores}) == 1 else "bits_per_byte"
