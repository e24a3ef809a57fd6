"""The tests of compression share small models, whose first probabilities are fewer."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def few_first_probabilities(monkeypatch):
    """Of the twelve symbols of these models, 4,096 would take longer than the short texts."""
    from charlm.compression import engine

    monkeypatch.setattr(engine, "PROBED", 64)
    monkeypatch.setattr(engine, "LEAST_STEPS", 8)
