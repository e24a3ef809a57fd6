"""Models that predict together have the same symbols, and end records alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.same_symbols import require_same_symbols
from charlm.errors import CheckpointError
from charlm.runs import find_checkpoint
from charlm.text.vocabulary import Vocabulary


@pytest.fixture
def one(tiny_run):
    return load_checkpoint(find_checkpoint(tiny_run, "tiny"))


def with_text(checkpoint, **changes):
    settings = checkpoint.settings
    return replace(checkpoint, settings=settings.model_copy(update={"text": settings.text.model_copy(update=changes)}))


def test_a_model_fits_to_itself(one):
    require_same_symbols(one, one)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: replace(one, vocabulary=Vocabulary.of("abc")), "only one of them has"),
        (lambda one: replace(one, vocabulary=Vocabulary.of("abc", "byte")), "reads characters, tiny bytes"),
        (lambda one: with_text(one, records=True), "one is a model of records"),
    ],
)
def test_another_is_refused_and_the_error_says_why(one, change, why):
    with pytest.raises(CheckpointError, match="must have the same symbols") as refused:
        require_same_symbols(one, change(one))
    assert why in refused.value.where
