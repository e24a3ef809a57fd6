"""How samples are written to a terminal and to a pipe."""

from __future__ import annotations

import io
import itertools
import sys

import pytest

from charlm.display import sample_text
from charlm.display.sample_text import print_sample, print_separator
from charlm.sampling.writer import Fragment


class Pipe(io.StringIO):
    """Counts how often it is flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


class Terminal(Pipe):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "flushes"), [(Pipe(), 21), (Terminal(), 2001)])
def test_a_terminal_gets_each_character_and_a_pipe_larger_pieces(
    monkeypatch: pytest.MonkeyPatch, stream: Pipe, flushes: int
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sample_text, "monotonic", lambda: next(ticks) / 1024)
    print_sample("", [Fragment("x")] * 2000)
    assert stream.flushes == pytest.approx(flushes, abs=2)
    assert stream.getvalue() == "x" * 2000 + "\n"


def test_samples_are_separated_on_stderr_if_both_streams_are_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for stdout, rule in ((Terminal(), "---- 2 of 3 ----\n"), (Pipe(), "")):
        stderr = Terminal()
        monkeypatch.setattr(sys, "stdout", stdout)
        monkeypatch.setattr(sys, "stderr", stderr)
        print_separator(2, 3)
        assert (stderr.getvalue(), stdout.getvalue()) == (rule, "" if rule else "\n")
