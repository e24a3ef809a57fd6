"""A training in plain lines: which events get a line, and when."""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from charlm.display.plain import PlainView
from charlm.training.events import (
    Event,
    Finished,
    RolledBack,
    Sampled,
    Saved,
    Skipped,
    Started,
    Updated,
    Validated,
)

STARTED = Started(612_345, 1000, 50, 65, 32, 64, 100, None, None, "cpu", "bf16", None, ("the batch shrank to 4",))
NUMBERS = re.compile(
    r"step \d+ +\d+\.\d%  train \d\.\d{3} bits  valid \d\.\d{3} bits  (best|    )  +[\d.]+[kM]? chars/s  \d+:\d\d"
)


def updated(step: int, steps: int = 100, seconds: float = 0.0) -> Updated:
    return Updated(step, step / steps, 0.1, 2.0, 4e-3, 0.71, step * 2048, seconds, 41_200.0, 2.0)


def validated(step: int, best: bool = True) -> Validated:
    return Validated(step, 1.5, 1.5 / math.log(2), best, 50, 1.0)


def lines_of(events: Iterable[Event]) -> list[str]:
    stream = io.StringIO()
    with PlainView(stream) as view:
        for event in events:
            view.show(event)
    return stream.getvalue().splitlines()


def test_the_start_is_a_line_for_each_fact() -> None:
    assert lines_of([STARTED]) == [
        "model    612,345 parameters",
        "device   cpu, bf16",
        "length   100 steps, 32 x 64 characters a step",
        "note     the batch shrank to 4",
    ]


def test_a_validation_is_one_stable_line() -> None:
    events = [updated(1), updated(35, seconds=12.0), validated(35)]
    assert lines_of(events) == [
        "step 35       35.0%  train 2.885 bits  valid 2.164 bits  best   41.2k chars/s  0:12",
    ]
    assert NUMBERS.fullmatch(lines_of(events)[0])


def test_a_validation_of_the_model_that_a_training_starts_from_says_so() -> None:
    assert lines_of([validated(0)]) == ["before the first step  valid 2.164 bits  best"]


def test_columns_are_aligned() -> None:
    lines = lines_of([updated(1), updated(9), validated(9), updated(100, seconds=99.0), validated(100, best=False)])
    assert all(NUMBERS.fullmatch(line) for line in lines)
    assert len({line.index("chars/s") for line in lines}) == 1


def test_without_validation_there_is_a_line_each_tenth() -> None:
    lines = lines_of(updated(step) for step in range(1, 101))
    assert [int(line.split()[1]) for line in lines] == list(range(10, 101, 10))
    assert lines[0] == "step 10       10.0%  train 2.885 bits  rate 4.00e-03  gradient 0.71   41.2k chars/s  0:00"


def test_a_slow_training_has_a_line_every_ten_seconds() -> None:
    lines = lines_of(updated(step, steps=10_000, seconds=4.0 * step) for step in range(1, 40))
    assert [int(line.split()[1]) for line in lines] == list(range(4, 40, 3))


def test_a_training_of_ten_hours_does_not_fill_the_log() -> None:
    assert len(lines_of(updated(step, steps=36_000, seconds=float(step)) for step in range(1, 36_000))) < 200


def test_an_update_and_its_validation_are_one_line() -> None:
    events = [updated(1), *(event for step in (10, 20, 30) for event in (updated(step), validated(step)))]
    assert len(lines_of(events)) == 3


def test_a_resumed_training_does_not_repeat_the_tenths_of_before() -> None:
    assert lines_of([updated(55, seconds=500.0), updated(56, seconds=501.0)]) == []


def test_saves_skips_and_roll_backs_are_a_line_each() -> None:
    events = [
        Saved(5, Path("step-5"), best=True),
        Saved(6, Path("step-6"), best=False),
        Skipped(7, "loss inf"),
        RolledBack(9, 5, 0.5),
    ]
    assert lines_of(events) == [
        "saved step 5  best",
        "saved step 6",
        "skipped step 7: loss inf",
        "rolled back from step 9 to 5, learning rate x 0.5",
    ]


def test_samples_are_indented_and_cannot_control_a_terminal() -> None:
    lines = lines_of([Sampled(5, "[red]a\n\n\x1b[31mb\r\u202ec\x07")])
    assert lines == ["sample at step 5", "    [red]a", "", "    \\x1b[31mb\\x0d\\u202ec\\x07"]


def test_a_held_line_is_written_at_the_end() -> None:
    events = [updated(1), updated(100), Finished("length", 100, 9.0, 900, 2.0, None, None, None)]
    assert [line.split()[1] for line in lines_of(events)] == ["100"]
    assert [line.split()[1] for line in lines_of(events[:2])] == ["100"]


def test_characters_that_the_encoding_lacks_are_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    PlainView(stream).show(Sampled(1, "naïve"))
    assert raw.getvalue() == b"sample at step 1\n    na\\xefve\n"


class Gone(io.StringIO):
    """A pipe whose reader was closed."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        raise BrokenPipeError(32, os.strerror(32))


def test_a_closed_pipe_ends_only_the_lines() -> None:
    stream = Gone()
    with PlainView(stream) as view:
        view.show(Skipped(1, "a"))
        view.show(Skipped(2, "b"))
    assert stream.writes == 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_closed_stderr_does_not_stop_the_training(closed: bool) -> None:
    stream = io.StringIO() if closed else None
    if stream:
        stream.close()
    with PlainView(stream) as view:
        for event in (STARTED, updated(1), validated(1), Sampled(1, "a")):
            view.show(event)
