"""The layout of the live picture, for many sizes of terminals and for hostile text."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from charlm.display.curve import Curve
from charlm.display.frame import WIDEST, layout_frame
from charlm.display.status import TrainingStatus
from charlm.display.units import in_bits
from charlm.training.events import Event, Finished, Sampled, Saved, Skipped, Started, Updated, Validated

STARTED = Started(612_345, 1000, 50, 65, 32, 64, 200, None, None, "cpu", "bf16", None, ())


def updated(step: int) -> Updated:
    return Updated(
        step, step / 200, step / 50, 1.4 + 1 / step, 4e-3, 0.7312, step * 2048, step / 2, 41_234.0, 1.4 + 1 / step
    )


def validated(step: int, best: bool = True, nats: float = 1.5) -> Validated:
    return Validated(step, nats, nats / math.log(2), best, 50, step / 2)


RUN: list[Event] = [
    STARTED,
    *(updated(step) for step in range(1, 91)),
    validated(45),
    *(updated(step) for step in range(91, 121)),
    validated(120, best=False, nats=1.6),
    Saved(90, Path("step-90"), best=True),
    Sampled(100, "First Citizen:\nWe are all resolved."),
]


def lines(events: list[Event], width: int = 80, height: int = 24, left: float | None = 46.0) -> list[str]:
    status, curve = TrainingStatus(), Curve()
    for event in events:
        status = status.after(event)
        if isinstance(event, Updated):
            curve.train(event.progress, in_bits(event.nats))
        if isinstance(event, Validated):
            curve.valid(event.step / 200, event.bits)
    drawn = layout_frame(status, curve, "book  lstm 2 x 192", 60.0, left, width, height)
    return ["".join(segment.text for segment in line) for line in drawn]


def test_a_common_terminal_shows_everything() -> None:
    text = "\n".join(lines(RUN))
    for words in (
        "book  lstm 2 x 192", "cpu bf16", "60.0%", "1:00", "0:46", "120", "2.40", "2.164", "2.308", "45",
        "4.00e-3", "0.731", "41.2k", "245.8k", "sample at step 100", "First Citizen:", "saved step 90, the best so far",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("height", [1, 4, 8, 9, 12, 16, 24, 40, 100])
def test_it_fits(width: int, height: int) -> None:
    shown = lines(RUN, width, height)
    assert 1 <= len(shown) <= height
    assert all(cell_len(line) <= width for line in shown)


def test_it_is_no_wider_than_its_limit() -> None:
    assert max(len(line) for line in lines(RUN, 200, 40)) == WIDEST + 1


@pytest.mark.parametrize("width", [60, 80, 200])
def test_sixty_columns_show_all_numbers(width: int) -> None:
    text = "\n".join(lines(RUN, width, 24))
    assert all(
        name in text for name in ("train bits", "valid bits", "best bits", "left", "rate", "gradient", "chars/s")
    )


def test_forty_columns_show_scores_and_time() -> None:
    text = "\n".join(lines(RUN, 40, 24))
    assert "valid bits" in text
    assert "left" in text
    assert "gradient" not in text


def test_the_sample_is_left_out_first_then_the_curve_then_all_but_the_bar() -> None:
    def parts(height: int) -> tuple[bool, bool, bool, bool]:
        text = "\n".join(lines(RUN, 80, height))
        return "sample at" in text, "bits per character" in text, "train bits" in text, "60.0%" in text

    assert parts(24) == (True, True, True, True)
    assert parts(16) == (False, True, True, True)
    assert parts(10) == (False, False, True, True)
    assert parts(1) == (False, False, False, True)


def test_numbers_keep_their_place_while_they_change() -> None:
    def columns(events: list[Event]) -> list[int]:
        row = next(line for line in lines(events) if "valid bits" in line)
        return [row.index(name) for name in ("valid bits", "left", "chars/s")]

    assert columns([]) == columns([updated(1)]) == columns(RUN)


def test_there_is_a_picture_before_the_first_event() -> None:
    text = "\n".join(lines([], left=None))
    assert "0.0%" in text
    assert "sample" not in text


def test_without_validation_the_legend_does_not_mention_it() -> None:
    text = "\n".join(lines([STARTED, updated(1), updated(2)]))
    assert "━ train" in text
    assert "● valid" not in text


def test_the_height_does_not_depend_on_the_sample() -> None:
    one, many = Sampled(110, "a"), Sampled(120, "a\n" * 40)
    assert len(lines([*RUN, one])) == len(lines([*RUN, many]))


def test_the_last_picture_has_no_empty_lines_under_the_sample() -> None:
    finished = Finished("length", 200, 97.0, 900, 1.4, 45, 1.5, 1.6)
    assert len(lines([*RUN, finished])) < len(lines(RUN))


def test_a_long_sample_is_broken_between_words_and_cut() -> None:
    shown = lines([*RUN, Sampled(120, "word " * 1000)])
    assert max(len(line) for line in shown) <= 80
    assert all(line.strip().split(" ")[-1] == "word" for line in shown if line.startswith(" word"))


def test_control_characters_in_samples_and_names_are_escaped() -> None:
    text = "\n".join(lines([*RUN, Sampled(120, "\x1b[2J[red]a[/b]\u202eb\x07\x9b1m\r"), Skipped(7, "\x1b]0;x\x07")]))
    assert "\\x1b[2J[red]a[/b]\\u202eb\\x07\\x9b1m\\x0d" in text
    assert "skipped step 7: \\x1b]0;x\\x07" in text
    assert not any(char in text for char in "\x1b\u202e\x07\x9b\r")


def test_an_alarm_replaces_the_last_save_if_both_do_not_fit() -> None:
    narrow = lines([*RUN, Skipped(7, "loss inf, gradient norm nan")], 60)[-1]
    assert narrow.strip() == "skipped step 7: loss inf, gradient norm nan"
    assert "saved step 90" in lines([*RUN, Skipped(7, "loss inf")], 100)[-1]


def test_many_skips_are_one_note() -> None:
    assert "3 skipped, skipped step 9" in lines([Skipped(step, "loss inf") for step in (7, 8, 9)])[-1]


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=300), st.integers(12, 130), st.integers(1, 50))
def test_any_sample_fits(text: str, width: int, height: int) -> None:
    shown = lines([*RUN, Sampled(120, text)], width, height)
    assert len(shown) <= height
    assert all(cell_len(line) <= width for line in shown)
