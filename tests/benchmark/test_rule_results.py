"""The rows of `charlm bench sample --rules`: what a rule costs is taken from the rounds of the plain draw."""

import pytest

from charlm.benchmark import rule_results, ruled_writing
from charlm.benchmark.rules import RULES
from charlm.benchmark.timing import Speed


@pytest.fixture
def text(monkeypatch):
    monkeypatch.setattr(ruled_writing, "TEXT", "alice")
    return ruled_writing.open_text()


def test_every_cell_size_and_count_has_a_row_for_each_rule(text):
    rules = ["plain", "min_p"]
    rows = rule_results.rule_results(["rnn", "gru"], [(1, 8)], [1, 2], 20, rules, text, rounds=1, parts=False)
    named = [(row["cell"], row["streams"], row["rule"]) for row in rows]
    assert named == [(cell, count, rule) for cell in ("rnn", "gru") for count in (1, 2) for rule in rules]
    assert all(row["microseconds"] > 0 and row["setting"] == RULES[row["rule"]] for row in rows)


def test_costs_are_medians_of_what_was_timed_in_the_same_rounds(text, monkeypatch):
    """The machine is ten times as fast in the first round."""
    timed = {"plain": Speed((1e6, 1e5, 1e5, 1e5)), "greedy": Speed((8e5, 5e4, 8e4, 8e4))}
    monkeypatch.setattr(rule_results, "time_in_turn", lambda jobs, *_, **__: timed)
    arguments = (["rnn"], [(1, 8)], [1], 20, ["plain", "greedy"], text)
    plain, greedy = rule_results.rule_results(*arguments, rounds=4, parts=False)
    assert (plain["of_plain"], plain["more"], plain["of_plain_quartiles"]) == (1.0, 0.0, [1.0, 1.0])
    assert greedy["of_plain"] == 0.8
    assert greedy["of_plain_quartiles"] == [0.725, 0.8]
    assert greedy["more"] == 2.5
    assert greedy["microseconds"] == 12.5


def test_the_parts_of_a_rule_are_timed_under_the_rule(text):
    arguments = (["rnn"], [(1, 8)], [1], 200, ["plain", "max_copy"], text)
    for row in rule_results.rule_results(*arguments, rounds=1, parts=True):
        assert list(row["parts"]) == ["model", "drawing"]
        assert all(each > 0 for each in row["parts"].values())
