"""What a report says about the values that a study has chosen."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from charlm.studies.choice_report import choice_words, chosen_text
from charlm.studies.report import make_report, report_csv
from charlm.studies.study import Choose, Study

VALUES = (1e-3, 1e-2, 1e-1)
CHOSEN = {"a": {"5": 1e-2, "50": 1e-1}, "b": {"5": 1e-3, "50": 1e-2}}


def study(setting="training.learning_rate", values=VALUES):
    return Study.model_validate(
        {
            "name": "s", "question": "q", "variants": {"a": {}, "b": {}}, "baseline": "a", "seeds": [1, 2, 3],
            "factors": {"gap": {"5": {}, "50": {}}}, "budget": {"steps": 1},
            "choose": {"setting": setting, "values": list(values)},
        }
    )  # fmt: skip


def report(about=None):
    places = [(variant, gap) for gap in ("5", "50") for variant in ("a", "b")]
    results = [
        {
            "variant": variant, "levels": {"gap": gap}, "seed": seed, "measure": "valid", "parameters": 10,
            "hidden_size": 2, "diverged": False, "nats": 1.0 + seed / 10, "chosen": CHOSEN[variant][gap],
        }
        for variant, gap in places
        for seed in (1, 2, 3)
    ]  # fmt: skip
    choices = [
        {"variant": variant, "levels": {"gap": gap}, "value": value, "nats": None if value == 1e-1 else value + 1}
        for variant, gap in places
        for value in VALUES
    ]
    return make_report(about or study(), results, choices)


def test_each_row_has_its_value_its_end_and_the_scores_of_all_values():
    result = report()
    near, far = (group["rows"] for group in result["groups"])
    assert [(row["chosen"], row["end"]) for row in near] == [(1e-2, None), (1e-3, "smallest")]
    assert [(row["chosen"], row["end"]) for row in far] == [(1e-1, "largest"), (1e-2, None)]
    assert near[0]["candidates"][1] == {"value": 1e-2, "bits": pytest.approx(1.01 / math.log(2)), "nats": 1.01}
    assert near[0]["candidates"][2] == {"value": 1e-1, "bits": None, "nats": None}
    assert json.loads(json.dumps(result)) == result


def test_words_name_what_is_at_an_end():
    how, ends = report()["words"][-2:]
    assert how.startswith("training.learning_rate was chosen for each row from 0.001, 0.01 and 0.1, by a score within")
    assert ends == "It is the smallest for b (gap 5); the largest for a (gap 50): a value beyond may be better."
    inside = [{"levels": {}, "rows": [{"variant": "a", "end": None}]}]
    assert len(choice_words(study().choose, inside)) == 1


def test_csv_has_the_value_and_its_end():
    lines = list(csv.DictReader(io.StringIO(report_csv(report()))))
    assert [(line["chosen"], line["end"]) for line in lines[:2]] == [("0.01", ""), ("0.001", "smallest")]


def test_a_report_without_a_choice_has_none():
    about = study().model_copy(update={"choose": None})
    result = report(about)
    assert result["choose"] is None
    assert "chosen" not in result["groups"][0]["rows"][0]
    assert "chosen" not in report_csv(result).splitlines()[0]


def test_values_that_are_no_numbers_have_no_ends():
    words = Choose(setting="training.schedule", values=("cosine", "linear"))
    assert words.end("cosine") is None
    assert chosen_text("cosine", words.end("cosine")) == "cosine"
    assert Choose(setting="training.clip_norm", values=(None, 1.0)).end(1.0) is None
    assert chosen_text(None, None) == "none"
    assert Choose(setting="model.residual", values=(True, False)).end(True) is None
