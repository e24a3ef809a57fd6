"""The facts before a training and the summary after it."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from charlm.config.settings import TextSettings
from charlm.display.console import StderrConsole
from charlm.display.summary import (
    finished_rows,
    next_commands,
    print_rows,
    print_summary,
    started_rows,
    summary_json,
    text_rows,
)
from charlm.text.corpus import open_corpus
from charlm.training.events import Finished, Started

STARTED = Started(612_345, 1000, 50, 65, 32, 64, 3000, None, None, "cuda:0", "fp16", None, ("the batch shrank to 4",))
FINISHED = Finished("length", 3000, 97.0, 6_144_000, 1.4, 2700, 1.5, 1.6)
UNSCORED = replace(FINISHED, best_step=None, best_nats=None, last_nats=None)


class Terminal(io.StringIO):
    """A stream that pretends to be a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def shown(finished: Finished, run: str = "book", stream: io.StringIO | None = None, width: int = 80) -> str:
    stream = stream or io.StringIO()
    print_summary(
        StderrConsole(stream, width=width, height=24),
        finished,
        run,
        Path("checkpoints/book"),
        next_commands(finished, run),
    )
    return stream.getvalue()


def test_the_rows_of_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "cache"))
    book = tmp_path / "book.txt"
    book.write_bytes(b"abcd\r\n" * 100)
    rows = text_rows(open_corpus(TextSettings(sources=(str(book),))))
    assert rows[0] == ("text", f"{book}, utf-8: 500 characters, 5 symbols")
    assert rows[1] == ("split", "train 450, valid 25, test 25")
    assert [name for name, _ in rows[2:]] == ["note"]
    assert "CRLF" in rows[2][1] or "line end" in rows[2][1]


def test_the_rows_at_the_start() -> None:
    assert started_rows(STARTED) == [
        ("model", "612,345 parameters"),
        ("device", "cuda:0, fp16"),
        ("length", "3,000 steps, 32 x 64 characters a step"),
        ("note", "the batch shrank to 4"),
    ]


def test_a_length_in_epochs_or_seconds_and_a_resumed_training() -> None:
    budget = replace(STARTED, steps=None, budget=97.0, resumed_at=1200)
    epochs = replace(STARTED, steps=None, epochs=2.5)
    assert ("length", "1:37 of wall-clock time, 32 x 64 characters a step") in started_rows(budget)
    assert ("resumed", "at step 1,200") in started_rows(budget)
    assert ("length", "2.5 epochs, 32 x 64 characters a step") in started_rows(epochs)


def test_the_rows_at_the_end() -> None:
    assert finished_rows(FINISHED, Path("checkpoints/book")) == [
        ("ended", "trained to its full length, at step 3,000"),
        ("valid", "2.164 bits per character (1.5000 nats), perplexity 4.48"),
        ("best", "at step 2,700; the last one has 2.308 bits"),
        ("train", "2.020 bits per character (1.4000 nats), at step 3,000"),
        ("read", "6,144,000 characters in 1:37, 63.3k a second"),
        ("kept in", "checkpoints/book"),
    ]


def test_without_validation_there_is_no_valid_score() -> None:
    names = [name for name, _ in finished_rows(UNSCORED, Path("x"))]
    assert names == ["ended", "train", "read", "kept in"]
    assert summary_json(UNSCORED, "book", Path("x"))["valid_perplexity"] is None


def test_the_next_commands_can_be_copied() -> None:
    assert next_commands(FINISHED, "my run", ["--prompt", "It's"]) == [
        """charlm sample 'my run' --prompt 'It'"'"'s'""",
        "charlm eval perplexity 'my run' FILE",
    ]


def test_an_interrupted_training_shows_how_to_resume() -> None:
    assert next_commands(replace(FINISHED, reason="signal"), "book")[0] == "charlm train --resume book"
    assert "interrupted, and saved" in shown(replace(FINISHED, reason="signal"))


def test_the_scores_of_the_json_object_are_consistent() -> None:
    found = json.loads(json.dumps(summary_json(FINISHED, "book", Path("checkpoints/book")), allow_nan=False))
    assert found["valid_perplexity"] == pytest.approx(math.exp(found["valid_nats_per_character"]))
    assert found["valid_bits_per_character"] == pytest.approx(found["valid_nats_per_character"] / math.log(2))
    assert found["characters_per_second"] == pytest.approx(6_144_000 / 97.0)
    assert {"run", "path", "reason", "step", "best_step", "characters", "seconds"} <= found.keys()


def test_zero_seconds_and_a_huge_score_raise_nothing() -> None:
    found = summary_json(replace(FINISHED, seconds=0.0, best_nats=1e6), "book", Path("x"))
    assert found["characters_per_second"] == 0
    assert json.dumps(found, allow_nan=False)


def test_without_a_terminal_the_summary_is_plain_lines() -> None:
    lines = shown(FINISHED, width=30).splitlines()
    assert lines[0] == "ended    trained to its full length, at step 3,000"
    assert lines[-2:] == ["next     charlm sample book", "next     charlm eval perplexity book FILE"]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_on_a_terminal_the_summary_is_a_panel(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    lines = shown(FINISHED, stream=Terminal(), width=width).splitlines()
    assert lines[0] == ""
    assert "book" in lines[1]
    assert set(lines[-1].strip()) == {"─"}
    assert all(len(line) <= width for line in lines)
    assert any(line.strip() == "charlm sample book" for line in lines)


def test_names_are_not_markup_and_control_nothing() -> None:
    for stream in (Terminal(), io.StringIO()):
        text = shown(FINISHED, run="[red]\x1b[2J[/b]", stream=stream)
        assert "[red]\\x1b[2J[/b]" in text
        assert "\x1b[2J" not in text


def test_characters_that_the_encoding_lacks_are_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    print_rows(StderrConsole(stream), [("kept in", "naïve")])
    assert raw.getvalue() == b"kept in  na\\xefve\n"
