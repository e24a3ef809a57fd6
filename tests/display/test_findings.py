"""The findings of `charlm doctor` on a terminal and in a log."""

from __future__ import annotations

import io
import shlex
import sys

import pytest

from charlm.diagnosis.finding import Finding
from charlm.display.findings import print_counts, print_finding

FINDINGS = [Finding("kernels", "ok", "compiled", "unused"), Finding("load", "warn", "busy " * 30, "Wait.")]


def test_a_log_has_one_line_for_a_finding_and_one_for_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    for finding in FINDINGS:
        print_finding(finding)
    ok, warn, remedy = capsys.readouterr().out.splitlines()
    assert ok == "ok   kernels    compiled"
    assert warn.startswith("warn load       busy busy")
    assert remedy == "             -> Wait."


def test_a_terminal_has_colours_and_lines_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_finding(FINDINGS[1])
    first, *rest, _ = stream.getvalue().splitlines()
    assert first.startswith("\x1b[33mwarn \x1b[0m")
    assert len(rest) >= 2
    assert all(line.startswith(" " * 16) and len(line) <= 60 for line in rest)


def test_the_levels_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    print_counts(FINDINGS)
    print_counts([*FINDINGS, Finding("disk", "bad", "full")])
    fine, bad = capsys.readouterr().err.splitlines()
    assert fine == "1 ok, 1 warn. Nothing stands in the way of a training."
    assert bad == "1 ok, 1 warn, 1 bad."


def test_a_command_is_wrapped_as_a_shell_reads_it(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    words = ["charlm", "train", "it's a name.txt", "--records", *["-s", "text.separator=* * *"] * 6, "--seed", "5"]
    finding = Finding("size", "ok", "small", command=shlex.join(words))
    print_finding(finding)
    assert capsys.readouterr().out.splitlines()[-1] == f"             -> {shlex.join(words)}"
    monkeypatch.setattr("charlm.display.findings.is_terminal", lambda stream: True)
    print_finding(finding)
    first, *rest = capsys.readouterr().out.split("-> ")[1].splitlines(keepends=True)
    assert len(rest) > 3
    assert max(map(len, rest)) <= 61
    pasted = "".join([first, *rest]).replace("\\\n", " ")
    assert shlex.split(pasted) == words
