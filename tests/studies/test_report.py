"""The report of a study: intervals, conclusions and CSV."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from charlm.studies.report import make_report, report_csv
from charlm.studies.study import Study

LN_2 = math.log(2)


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
    assert b["difference"]["mean"] == pytest.approx(-0.19667 / LN_2, abs=1e-4)
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
    assert float(lines[1]["seed_3"]) == pytest.approx(2.81 / LN_2)
    assert lines[1]["beyond_noise"] == "True"


def test_scores_are_in_bits_and_in_nats_beside_them():
    result = make_report(study(), rows(VALUES))
    group = result["groups"][0]
    assert group["value"] == "bits"
    a = group["rows"][0]
    assert a["mean"]["mean"] == pytest.approx(2.0 / LN_2)
    assert a["nats"] == 2.0
    recall = make_report(study(), [row | {"answer_nats": 0.5} for row in rows(VALUES, "recall", "accuracy")])
    assert recall["groups"][0]["rows"][0]["answer_bits"] == pytest.approx(0.5 / LN_2)


def test_no_interval_leaves_the_range_of_its_quantity():
    """Two right and one wrong: Student's interval of such a mean goes far below nothing and above all."""
    wild = {"a": [0.0, 0.0, 1.0], "b": [1.0, 1.0, 0.0], "c": [0.9, 1.0, 1.0]}
    for measure, name, least, most in (
        ("recall", "accuracy", 0, 1), ("valid", "nats", 0, math.inf), ("cost", "characters_per_second", 0, math.inf),
    ):  # fmt: skip
        values = {key: [each + (measure == "cost") for each in found] for key, found in wild.items()}
        for row in make_report(study(), rows(values, measure, name))["groups"][0]["rows"]:
            assert least <= row["mean"]["low"] <= row["mean"]["mean"] <= row["mean"]["high"] <= most
            if measure == "recall" and row["difference"]:
                assert -1 <= row["difference"]["low"] <= row["difference"]["high"] <= 1


def test_the_headline_states_what_was_found_and_where():
    assert make_report(study(), rows(VALUES))["found"] == "b is better than a; c is within noise of a"
    alike = {"a": [1.0, 2.0, 3.0], "b": [0.8, 1.8, 2.81], "c": [0.8, 1.8, 2.81]}
    assert make_report(study(), rows(alike))["found"] == "b and c are better than a"
    mixed = [*rows(VALUES, levels={"gap": "5"}), *rows(alike, levels={"gap": "20"})]
    found = make_report(study(), mixed)["found"]
    assert found == "b is better than a (gap 5 and 20); c is better than a (gap 20) and within noise of a (gap 5)"
    assert make_report(study(), rows({"a": [1.0, 2.0, 3.0]}))["found"] == "nothing can be compared yet"
