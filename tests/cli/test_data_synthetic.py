"""`charlm data synthetic`, through the real command line."""

from __future__ import annotations

import math

import pytest

from charlm.text.corpora.synthetic import nats_without_memory, optimal_nats, recall_text


def test_the_text_is_that_of_the_library(charlm):
    result = charlm("data", "synthetic", "recall", "--gap", 7, "--lines", 20, "--seed", 3)
    assert result.returncode == 0, result.stderr
    assert result.stdout == recall_text(7, 20, 3)
    assert f"{optimal_nats(7) / math.log(2):.6f} bits per character ({optimal_nats(7):.6f} nats)" in result.stderr
    assert f"{nats_without_memory(7):.6f} nats" in result.stderr


def test_a_file_is_written_but_never_overwritten(charlm, tmp_path):
    asked = ("data", "synthetic", "recall", "--gap", 2, "--lines", 5, "-o", "made.txt")
    result = charlm(*asked)
    assert (result.returncode, result.stdout) == (0, "")
    assert (tmp_path / "made.txt").read_bytes() == recall_text(2, 5, 1).encode()
    (tmp_path / "made.txt").write_text("mine")
    again = charlm(*asked)
    assert again.returncode == 2
    assert len(again.stderr.splitlines()) == 3
    assert (tmp_path / "made.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--gap", -1), "--gap"),
        (("--gap", 5, "--lines", 0), "--lines"),
        (("--gap", 5, "--seed", -1), "--seed"),
        (("--gap", 10**9), "1,000,000,000"),
        (("--gap", 5, "-o", "no/such/folder.txt"), "no/such"),
    ],
)
def test_invalid_sizes_are_an_error_of_three_lines(charlm, arguments, message):
    result = charlm("data", "synthetic", "recall", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 3, result.stderr
    assert message in result.stderr
