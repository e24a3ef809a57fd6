"""The generated texts of a study: what its YAML may say of them."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError
from charlm.studies.generated import PairsText, RecallText, read_generated
from charlm.studies.task_texts import TaskText
from charlm.text.corpora.pair_tasks import TASKS as PAIRS


def test_each_kind_of_text_has_a_name_and_lines():
    for given, kind in (
        ({"recall": {"gap": 3, "lines": 5}}, RecallText),
        ({"parity": {"length": "1-9", "lines": 5}}, TaskText),
        ({"sums": {"length": 2, "lines": 5}}, PairsText),
    ):
        text = read_generated(given, None, "here")
        assert isinstance(text, kind)
        assert text.training_text(1).count("\n") == 5
        assert text.training_text(1) != text.training_text(2)
        assert text.name.startswith(next(iter(given)))


@pytest.mark.parametrize("task", PAIRS)
def test_every_task_of_pairs_can_be_named(task):
    text = read_generated({task: {"lines": 4}}, None, "here")
    assert all(line.count("\t") == 1 for line in text.training_text(1).splitlines())


def test_a_part_that_says_nothing_leaves_the_text_as_it_is():
    before = RecallText(7)
    assert read_generated(None, before, "here") is before
    assert read_generated(None, None, "here") is None


def test_sizes_of_a_recall_text_that_are_left_out_are_those_of_the_part_before():
    assert read_generated({"recall": {"gap": 3}}, RecallText(7, 50), "here") == RecallText(3, 50)
    assert read_generated({"recall": {"gap": 3}}, PairsText("sums", 2), "here") == RecallText(3)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (5, "cannot be 5"),
        ({}, "cannot be"),
        ({"unheard": {}}, "name a task: copy"),
        ({"recall": 3}, "needs its sizes"),
        ({"recall": {"gapp": 3}}, "recall has no gapp"),
        ({"recall": {"gap": True}}, "whole number"),
        ({"reverse": {"letters": 3}}, "reverse has no letters"),
        ({"reverse": {"length": 0}}, "whole number"),
        ({"sums": {"length": 19}}, "from 1 to 18"),
    ],
)
def test_a_wrong_text_is_refused_before_anything_is_trained(given, what):
    with pytest.raises(UsageError) as caught:
        read_generated(given, None, "here")
    assert what in f"{caught.value.what} {caught.value.remedy}"
