"""The picture of a study: what its title says, which panels share an axis, and how far intervals reach."""

from __future__ import annotations

import pytest

from charlm.display import study_plot
from charlm.display.study_dots import SHARES
from charlm.display.study_plot import plot_study
from charlm.errors import UsageError
from charlm.studies.report import make_report
from charlm.studies.study import Study

pytest.importorskip("matplotlib")

STUDY = Study.model_validate(
    {
        "name": "s", "question": "is the claim true", "variants": {"a": {}, "b": {}, "c": None}, "baseline": "a",
        "seeds": [1, 2, 3], "budget": {"steps": 1},
    }
)  # fmt: skip
VALUES = {"a": [1.0, 2.0, 3.0], "b": [0.8, 1.8, 2.81], "c": [1.5, 1.5, 3.2]}
SHARE = {"a": [0.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0], "c": [0.9, 1.0, 1.0]}


def rows(values, levels, measure="valid", name="nats", scale=1.0):
    return [
        {
            "variant": variant, "levels": levels, "seed": seed, "measure": measure, "parameters": 10, "hidden_size": 2,
            "diverged": value is None, name: None if value is None else scale * value,
        }
        for variant, each in values.items()
        for seed, value in enumerate(each, 1)
    ]  # fmt: skip


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draw the results of a study, and give the figure."""
    figures = []
    save = study_plot.save_png
    monkeypatch.setattr(study_plot, "save_png", lambda figure, path: (figures.append(figure), save(figure, path)))

    def draw(results):
        plot_study(make_report(STUDY, results), tmp_path / "report.png")
        return figures[-1]

    return draw


def test_the_title_states_what_was_found_and_then_what_was_asked(drawn):
    title = drawn(rows(VALUES, {})).get_suptitle().splitlines()
    assert title == [
        "s: b is better than a; c is within noise of a",
        "asked: is the claim true",
        "3 seeds, 95 % intervals of the mean",
    ]


def test_panels_of_one_quantity_share_the_axis_and_all_share_the_order_of_variants(drawn):
    figure = drawn(
        [
            *rows(VALUES, {"on": "text"}),
            *rows(VALUES, {"on": "names"}, scale=3.0),
            *rows(SHARE, {"on": "gap"}, "recall", "accuracy"),
        ]
    )
    text, names, gap = figure.axes
    assert text.get_xlim() == names.get_xlim()
    assert gap.get_xlim() == pytest.approx(SHARES)
    assert text.get_ylim() == names.get_ylim() == gap.get_ylim()
    assert [label.get_text() for label in text.get_yticklabels()] == ["a (baseline)", "c", "b"]
    assert not any(label.get_text() for label in names.get_yticklabels())
    assert "bits per character" in text.get_xlabel()


def test_no_line_of_an_interval_leaves_the_range_of_its_quantity(drawn):
    for levels in ([{}], [{"gap": "5"}, {"gap": "20"}, {"gap": "100"}]):
        figure = drawn([row for each in levels for row in rows(SHARE, each, "recall", "accuracy")])
        for axes in figure.axes:
            ends = [x for line in axes.lines for x in (line.get_xdata() if len(levels) == 1 else line.get_ydata())]
            assert all(0 <= x <= 1 for x in ends)
            bands = [y for band in axes.collections for _, y in band.get_paths()[0].vertices]
            assert all(0 <= y <= 1 for y in bands)


def test_many_panels_stand_in_rows_and_a_variant_without_a_result_is_named(drawn):
    levels = [{"on": name} for name in ("k", "l", "m", "n")]
    diverged = {**VALUES, "c": [None, None, None]}
    figure = drawn([*rows(diverged, levels[0]), *(row for each in levels[1:] for row in rows(VALUES, each))])
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 4
    assert "no result" in [text.get_text() for text in shown[0].texts]


@pytest.mark.parametrize("levels", [[{}], [{"gap": "5"}, {"gap": "20"}, {"gap": "100"}], [{"on": "x"}, {"on": "y"}]])
def test_a_picture_is_drawn_with_the_same_bytes_each_time(tmp_path, levels):
    result = make_report(STUDY, [row for each in levels for row in rows(VALUES, each)])
    for name in ("one.png", "two.png"):
        plot_study(result, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_nothing_to_draw_is_an_error(tmp_path):
    result = make_report(STUDY, rows({"a": [None] * 3}, {}))
    with pytest.raises(UsageError, match="nothing to draw"):
        plot_study(result, tmp_path / "report.png")
