"""The rules that can be timed: their names, and settings that sampling accepts."""

import pytest

from charlm.benchmark.rules import PLAIN, RULES, chosen_rules
from charlm.benchmark.sampling_job import DECODING
from charlm.errors import UsageError
from charlm.sampling.rules.decoding import Decoding


def test_the_plain_draw_is_the_first_and_no_rule_has_two_rows():
    assert chosen_rules("max-copy, top_k,max_copy") == ["plain", "max_copy", "top_k"]
    assert chosen_rules("top_k,plain") == ["plain", "top_k"]


def test_all_are_all():
    assert chosen_rules("all") == chosen_rules("top_k,all") == list(RULES)


@pytest.mark.parametrize(("word", "hint"), [("topk", "top_k"), ("max_copies", "max_copy"), ("al", "all")])
def test_a_name_that_no_rule_has_is_answered_with_the_nearest(word, hint):
    with pytest.raises(UsageError, match=f"no rule '{word}'") as raised:
        chosen_rules(f"plain,{word}")
    assert raised.value.remedy.startswith(f"Did you mean {hint}?")
    assert raised.value.where == f"--rules plain,{word}"


def test_no_name_at_all_is_an_error_that_lists_them():
    with pytest.raises(UsageError) as raised:
        chosen_rules("")
    assert all(rule in raised.value.remedy for rule in RULES)


def test_the_plain_draw_is_the_one_that_is_timed_without_rules():
    assert Decoding(**RULES[PLAIN]) == DECODING
