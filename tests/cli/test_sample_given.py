"""The options of `charlm sample` as one value, and which of them cannot go together."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature

import pytest

from charlm.cli.sample import sample
from charlm.cli.sample_given import NOT_TOGETHER, Given
from charlm.errors import UsageError
from charlm.sampling.excluding import excluded_pair

DEFAULTS = {name: one.default for name, one in signature(sample).parameters.items()}
VALUES = {"count": 2, "max_copy": 9, "best_of": 2, "beam": 2, "stop": ["a"], "regex": "a", "only": "a", "words": "a"}


def test_it_has_every_parameter_of_the_command():
    assert [each.name for each in fields(Given)] == list(DEFAULTS)
    assert "count" not in Given(**DEFAULTS).names()


@pytest.mark.parametrize(("one", "other"), [(one, other) for one, others in NOT_TOGETHER.items() for other in others])
def test_whatever_excludes_another_is_refused_with_both_names(one, other):
    given = Given(**{**DEFAULTS, **{name: VALUES.get(name, True) for name in (one, other)}})
    with pytest.raises(UsageError, match="cannot go together") as refused:
        given.check()
    spelled = {f"--{name.replace('_', '-').removeprefix('as-')}" for name in (one, other)}
    assert spelled == set(refused.value.where.split())


def test_the_first_pair_counts_and_one_alone_is_none():
    assert excluded_pair(["stop", "beam", "regex"]) == ("beam", "regex")
    assert excluded_pair(["beam"]) is None


@pytest.mark.parametrize("name", ["length", "count", "seed", "max_copy", "best_of", "beam"])
def test_a_value_out_of_range_is_named_with_its_option(name):
    with pytest.raises(UsageError, match="cannot be -1") as refused:
        Given(**{**DEFAULTS, name: -1}).check()
    assert refused.value.where == f"--{name.replace('_', '-')} -1"
