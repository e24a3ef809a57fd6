"""The learning curve as a picture."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from charlm.display.loss_plot import learning_curve, plot_loss
from charlm.errors import UsageError
from charlm.training.events import Updated, Validated

Row = dict[str, Any]


def updated(step: int, nats: float = 2.0) -> Row:
    event = Updated(step, step / 100, 0.1, nats, 1e-3, 0.5, step * 64, float(step), 64.0, nats)
    return {"event": "updated", **asdict(event)}


def validated(step: int, nats: float = 2.0) -> Row:
    return {"event": "validated", **asdict(Validated(step, nats, nats / math.log(2), True, 7, float(step)))}


def run(steps: int = 60, validations: int = 6) -> list[Row]:
    rows: list[Row] = []
    for step in range(1, steps + 1):
        rows.append(updated(step, 1.5 + 2 / step))
        if validations and step % (steps // validations) == 0:
            rows.append(validated(step, 1.6 + 1 / step))
    return [*rows, {"event": "saved", "step": steps, "path": "x", "best": True}]


def size(path: Path) -> tuple[int, int]:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])


@pytest.mark.parametrize(
    "rows",
    [run(), run(validations=0), run(5, 1), [updated(1)], [updated(1), validated(1)], run(2500, 40)],
    ids=["common", "no validation", "five steps", "one step", "one of each", "long"],
)
def test_it_draws(rows: list[Row], tmp_path: Path) -> None:
    plot_loss(rows, tmp_path / "loss.png")
    assert size(tmp_path / "loss.png") == (1200, 700)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    plot_loss(run(), tmp_path / "a.png")
    plot_loss(run(), tmp_path / "b.png")
    plot_loss(run(60, 3), tmp_path / "c.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()


def test_pyplot_is_not_imported(tmp_path: Path) -> None:
    before = "matplotlib.pyplot" in sys.modules
    plot_loss(run(), tmp_path / "loss.png")
    assert ("matplotlib.pyplot" in sys.modules) is before


def test_steps_that_a_resume_or_roll_back_undid_are_left_out() -> None:
    rows = [updated(1), updated(2, 9.0), validated(2, 9.0), updated(3, 9.0), updated(2, 1.0), updated(3, 1.0)]
    train, valid = learning_curve(rows)
    assert [(step, bits) for step, _, bits, _ in train] == [
        (1, pytest.approx(2 / math.log(2))), (2, pytest.approx(1 / math.log(2))), (3, pytest.approx(1 / math.log(2))),
    ]  # fmt: skip
    assert valid == []


def test_a_validation_is_drawn_at_the_characters_read_so_far() -> None:
    _, valid = learning_curve([updated(10), validated(10)])
    assert valid[0][:2] == (10, 640)


def test_scores_that_are_not_finite_are_left_out() -> None:
    assert len(learning_curve([updated(1), {**updated(2), "nats": None}, updated(3)])[0]) == 2


def test_without_updates_it_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no learning curve"):
        plot_loss([], tmp_path / "loss.png")


def test_without_matplotlib_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError) as caught:
        plot_loss(run(), tmp_path / "loss.png")
    assert "charlm-rnn[plot]" in caught.value.remedy
    assert not (tmp_path / "loss.png").exists()
