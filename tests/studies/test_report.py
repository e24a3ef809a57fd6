"""The report of a study: intervals, conclusions, CSV and the picture."""

from __future__ import annotations

import csv
import io
import json

import pytest

from charlm.display.study_plot import plot_study
from charlm.studies.report import make_report, report_csv
from charlm.studies.study import Study


def study(**more):
    return Study.model_validate(
        {
            "name": "s", "question": "q", "variants": {"a": {}, "b": {}, "c": None}, "baseline": "a",
            "seeds": [1, 2, 3], "budget": {"steps": 1}, **more,
        }
    )  # fmt: skip


def rows(values, measure="valid", name="nats", levels=None):
    return [
        {
            "variant": variant, "levels": levels or {}, "seed": seed, "measure": measure, "parameters": 10,
            "hidden_size": 2, "characters_per_second": 5, "diverged": value is None, name: value,
        }
        for variant, each in values.items()
        for seed, value in enumerate(each, 1)
    ]  # fmt: skip


VALUES = {"a": [1.0, 2.0, 3.0], "b": [0.8, 1.8, 2.81], "c": [1.5, 1.5, 3.2]}


def test_differences_are_beyond_or_within_noise():
    result = make_report(study(), rows(VALUES))
    a, b, c = result["groups"][0]["rows"]
    assert a["difference"] is None
    assert b["beyond_noise"] is True
    assert b["difference"]["mean"] == pytest.approx(-0.19667, abs=1e-4)
    assert c["beyond_noise"] is False
    words = " ".join(result["words"])
    assert "b: better than a" in words
    assert "c: within noise of a" in words
    assert "2 comparisons" in words


def test_more_right_answers_are_better_and_fewer_characters_a_second_are_slower():
    recall = make_report(study(), rows(VALUES, "recall", "accuracy"))
    assert "b: worse than a" in recall["words"][0]
    cost = make_report(study(), rows({"a": [10, 20, 30], "b": [5, 10, 15.1]}, "cost", "characters_per_second"))
    assert cost["groups"][0]["rows"][1]["difference"]["mean"] == pytest.approx(0.5, abs=0.01)
    assert "b: slower than a" in cost["words"][0]


def test_a_diverged_run_is_left_out_and_reported():
    result = make_report(study(), rows({"a": [1.0, 2.0, 3.0], "b": [0.8, None, 2.8]}))
    b = result["groups"][0]["rows"][1]
    assert (b["diverged"], b["mean"]["count"]) == (1, 2)
    assert "b: diverged in some runs" in result["words"][0]


def test_json_and_csv_read_back():
    result = make_report(study(factors={"gap": {"5": {}, "50": {}}}), rows(VALUES, levels={"gap": "5"}))
    assert json.loads(json.dumps(result)) == result
    lines = list(csv.DictReader(io.StringIO(report_csv(result))))
    assert [line["variant"] for line in lines] == ["a", "b", "c"]
    assert lines[1]["gap"] == "5"
    assert float(lines[1]["seed_3"]) == 2.81
    assert lines[1]["beyond_noise"] == "True"


@pytest.mark.parametrize("levels", [[{}], [{"gap": "5"}, {"gap": "20"}, {"gap": "100"}], [{"on": "x"}, {"on": "y"}]])
def test_a_picture_is_drawn_with_the_same_bytes_each_time(tmp_path, levels):
    pytest.importorskip("matplotlib")
    result = make_report(study(), [row for each in levels for row in rows(VALUES, levels=each)])
    for name in ("one.png", "two.png"):
        plot_study(result, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
