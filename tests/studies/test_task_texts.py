"""Tasks for a memory as the texts of a study."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError
from charlm.studies.report import make_report
from charlm.studies.study import Study
from charlm.studies.task_texts import TASKS, read_task


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_text_to_train_on_and_one_to_test_on(task):
    found = read_task(task, {"lines": 7}, "here")
    assert found.training_text(1).count("\n") == 7
    assert found.test_text(3, 2).count(">") == 3
    text = found.test_text(20, 2)
    assert 0 <= found.optimal_bits(text) < found.guessing_bits(text)


def test_the_test_may_have_other_lengths():
    found = read_task("copy", {"length": "1-3", "tested": {"length": 9}}, "here")
    assert {len(line) for line in found.test_text(5, 2).splitlines()} == {19}
    assert max(len(line) for line in found.training_text(1).splitlines()) == 7
    assert found.name == "copy-20000-1-3-8"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"lenght": 3}, "copy has no lenght"),
        ({"tested": {"bits": 3}}, "copy has no bits"),
        ({"tested": 3}, "tested has no sizes"),
        ({"lines": 0}, "lines must be"),
        ({"length": "x"}, "no number and no range"),
        ({"letters": 99}, "not within 2 to 26"),
        ({"letters": "eight"}, "no number"),
        ({"letters": "2-3"}, "takes one number"),
        (5, "needs its sizes"),
    ],
)
def test_a_wrong_size_is_refused_before_anything_is_trained(given, what):
    with pytest.raises(UsageError) as caught:
        read_task("copy", given, "here")
    assert what in f"{caught.value.what} {caught.value.remedy}"


def test_the_report_has_the_median_and_how_many_failed():
    study = Study(
        name="s", question="?", variants={"a": None, "b": None}, baseline="a", seeds=(1, 2, 3), budget={"steps": 1},
        measure="answers",
    )  # fmt: skip
    common = {"levels": {}, "measure": "answers", "parameters": 1, "hidden_size": 1, "diverged": False}
    rows = [
        common | {"variant": name, "seed": seed, "sequence_nats": nats, "failed": nats > 10}
        for name, all_nats in (("a", (20.0, 21.0, 22.0)), ("b", (0.0, 1.0, 30.0)))
        for seed, nats in zip((1, 2, 3), all_nats, strict=True)
    ]
    first, second = make_report(study, rows)["groups"][0]["rows"]
    assert (first["failed"], second["failed"]) == (3, 1)
    assert second["median"] == pytest.approx(1 / 0.6931472)
