"""`charlm bench sample --rules`: what each rule of sampling costs beside the plain draw."""

from __future__ import annotations

from charlm.cli.bench_values import cells_of, counts_of, sizes_of
from charlm.display.bench_table import print_bench


def bench_rules(
    rules: str, cell: str, sizes: str, streams: str, length: int, rounds: int, parts: bool, as_json: bool
) -> None:
    """Time the rules in turns, and print a row for each."""
    from charlm.benchmark.rule_results import rule_results
    from charlm.benchmark.ruled_writing import TEXT, open_text
    from charlm.benchmark.rules import chosen_rules
    from charlm.display.waiting import Waiting

    chosen, counts = chosen_rules(rules), counts_of(streams, "--streams")
    names, shapes = cells_of(cell), sizes_of(sizes)
    with Waiting("timing the rules"):
        text = open_text()
        rows = rule_results(names, shapes, counts, length, chosen, text, rounds, parts)
    about = {
        "job": "sample",
        "characters": length,
        "rounds": rounds,
        "model": f"untrained, writes characters as often as {TEXT} has them",
        "text": f"{TEXT}, {len(text.ids):,} characters",
        "microseconds": "processor time of a character",
        "of_plain": "the speed as a part of the plain draw's in the same rounds",
    }
    print_bench(about, rows, as_json)
