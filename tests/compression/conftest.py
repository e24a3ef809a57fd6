"""The tests of compression share small models, whose first probabilities are fewer."""

import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def few_first_probabilities(monkeypatch):
    """Of the twelve symbols of these models, 4,096 would take longer than the short texts."""
    from charlm.compression import engine

    monkeypatch.setattr(engine, "PROBED", 64)
    monkeypatch.setattr(engine, "LEAST_STEPS", 8)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    """So that short texts are learned from many times; and few of them say how large gradients are."""
    from charlm.adaptation.rule import Rule
    from charlm.compression import adapted, engine

    monkeypatch.setattr(adapted, "Rule", partial(Rule, segment=8))
    monkeypatch.setattr(adapted, "SEGMENTS", 6)
    monkeypatch.setattr(engine, "LEARNED", 20)
