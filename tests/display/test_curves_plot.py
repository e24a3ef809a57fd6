"""Several learning curves in one picture."""

from __future__ import annotations

from itertools import pairwise

import pytest

from charlm.display import curves_plot
from charlm.display.curves_plot import APART, BY, _apart, plot_curves
from charlm.errors import UsageError

pytest.importorskip("matplotlib")


def metrics(steps, end, valid=True):
    rows = []
    for step in range(1, steps + 1):
        bits_in_nats = end + 1 / step
        rows.append({"event": "updated", "step": step, "characters": 64 * step, "seconds": 0.5 * step,
                     "nats": bits_in_nats, "train_nats": bits_in_nats})  # fmt: skip
        if valid and step % 10 == 0:
            rows.append({"event": "validated", "step": step, "bits": end / 0.6931471805599453})
    return rows


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    figures = []
    monkeypatch.setattr(curves_plot, "save_png", lambda figure, path: figures.append(figure))

    def draw(runs, by="characters"):
        plot_curves(runs, by, tmp_path / "a.png")
        return figures[-1].axes[0]

    return draw


def test_each_curve_is_labelled_at_its_end_with_its_bits(drawn):
    axes = drawn({"owl": metrics(40, 1.0), "mouse": metrics(20, 1.5, valid=False)})
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["owl 1.443", "mouse train 2.236"]
    assert [text.xy[0] for text in axes.texts] == [64 * 40, 64 * 20]
    assert "bits per character" in axes.get_title(loc="left")


@pytest.mark.parametrize(("by", "end"), [("characters", 2560), ("steps", 40), ("seconds", 20.0)])
def test_the_axis_is_what_was_asked_for(drawn, by, end):
    axes = drawn({"owl": metrics(40, 1.0)}, by)
    assert axes.texts[0].xy[0] == end
    assert axes.get_xlabel() == BY[by]


def test_labels_do_not_cover_each_other():
    for heights in ([0.5] * 5, [0.1, 0.9, 0.11], [0.3], []):
        moved = sorted(_apart(heights))
        assert all(right - left >= APART - 1e-9 for left, right in pairwise(moved))
        assert sum(moved) == pytest.approx(sum(heights))


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        plot_curves({"owl": metrics(40, 1.0), "mouse": metrics(20, 1.5)}, "steps", tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_run_without_a_curve_is_named(tmp_path):
    with pytest.raises(UsageError, match="owl has no learning curve"):
        plot_curves({"owl": []}, "steps", tmp_path / "a.png")
