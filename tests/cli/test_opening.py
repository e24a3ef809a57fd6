"""A text in the place of a run is answered with the line to write, which works."""

from __future__ import annotations

import shlex
from types import SimpleNamespace

import pytest

from charlm.cli.opening import say_what_is_awaited


@pytest.mark.parametrize("command", ["sample", "eval perplexity", "inspect gates"])
def test_a_text_in_the_place_of_the_run_is_answered_with_the_line_to_write(charlm, tiny_run, tmp_path, verse, command):
    (tmp_path / "my text.txt").write_bytes(verse.read_bytes())
    runs = {"CHARLM_RUNS": str(tiny_run)}
    done = charlm(*command.split(), "my text.txt", env=runs)
    assert done.returncode == 4
    advice = next(line for line in done.stderr.splitlines() if line.startswith("If it is a text: charlm "))
    followed = charlm(*shlex.split(advice.partition(": charlm ")[2]), env=runs)
    assert followed.returncode == 0, followed.stderr


def test_a_name_that_is_no_file_keeps_its_own_advice(charlm, tiny_run):
    done = charlm("sample", "tinny", env={"CHARLM_RUNS": str(tiny_run)})
    assert "Did you mean tiny?" in done.stderr
    assert "If it is a text" not in done.stderr


@pytest.mark.parametrize(
    ("sources", "terminal", "said"), [(("-",), True, True), (("-",), False, False), (("a",), True, False)]
)
def test_a_text_from_the_keyboard_is_asked_for(monkeypatch, capsys, sources, terminal, said):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: terminal))
    say_what_is_awaited(sources)
    assert ("Ctrl-D" in capsys.readouterr().err) is said
