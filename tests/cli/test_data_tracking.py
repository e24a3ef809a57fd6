"""`charlm data synthetic parity` and `brackets` through the real command line."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("task", "guessing"), [("parity", "1.00"), ("brackets", None)])
def test_lines_and_what_they_cost(charlm, task, guessing):
    done = charlm("data", "synthetic", task, "--lines", 5, "--length", "2-9")
    assert done.returncode == 0, done.stderr
    assert [line.count(">") for line in done.stdout.splitlines()] == [1] * 5
    assert "optimum   0.00 bits a sequence" in done.stderr
    assert guessing is None or f"guessing  {guessing}" in done.stderr
    assert "text.answer_after=>" in done.stderr
    assert charlm("data", "synthetic", task, "--lines", 5, "--length", "2-9").stdout == done.stdout


def test_kinds_that_are_not_there_are_refused(charlm):
    done = charlm("data", "synthetic", "brackets", "--kinds", 5)
    assert done.returncode == 2
    assert "1 to 3 kinds" in done.stderr
