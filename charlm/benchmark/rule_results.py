"""What `charlm bench sample --rules` prints: a row for each rule of each cell, size and count of streams.

A row has the rule and its setting; the `microseconds` of processor time a character, the median of the rounds; how
many `more` they are than the plain draw's; and `of_plain`, its speed as a part of the plain draw's, with the quartiles
of the rounds. The last three are of what was timed in the same rounds. With `parts`, a row also has the milliseconds of
each part. Prints nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from charlm.benchmark import sampling_job
from charlm.benchmark.results import Row, Size, milliseconds, steps_of
from charlm.benchmark.ruled_writing import WrittenText
from charlm.benchmark.rules import PLAIN, RULES
from charlm.benchmark.timing import Speed, processor_clock, time_in_turn
from charlm.benchmark.workload import model_settings_of
from charlm.config.cell_files import short_name


def rule_results(
    cells: Sequence[str],
    sizes: Sequence[Size],
    counts: Sequence[int],
    length: int,
    rules: Sequence[str],
    text: WrittenText,
    rounds: int,
    parts: bool,
) -> list[Row]:
    """Characters drawn under each of the rules, the plain draw among them. All rules take turns in every round.

    Raises UsageError if a rule needs a package that is missing.
    """
    ways = {rule: text.way(RULES[rule], length) for rule in rules}
    rows = []
    for size, cell, count in itertools.product(sizes, cells, counts):
        model, steps = text.stepper(model_settings_of(cell, *size)), steps_of(length, count)
        jobs = {rule: sampling_job.sampling_job(model, count, steps, *way) for rule, way in ways.items()}
        speeds = time_in_turn(jobs, rounds, warm_up=1, clock=processor_clock())
        for rule, way in ways.items():
            row: Row = {"cell": short_name(cell), "size": f"{size[0]}x{size[1]}", "streams": count, "rule": rule}
            row |= {"setting": dict(RULES[rule]), **_cost(speeds[rule], speeds[PLAIN])}
            if parts:
                seconds = sampling_job.time_parts_of_sampling(model, count, steps, *way)
                row |= milliseconds(seconds, count * steps, speeds[rule])
            rows.append(row)
    return rows


def _cost(speed: Speed, plain: Speed) -> Row:
    low, high = np.percentile(speed.ratios(plain), (25, 75)).tolist()
    return {
        "microseconds": round(1e6 / speed.median, 3),
        "more": round(1e6 * speed.seconds_more(plain), 3),
        "of_plain": round(speed.over(plain), 4),
        "of_plain_quartiles": [round(low, 4), round(high, 4)],
    }
