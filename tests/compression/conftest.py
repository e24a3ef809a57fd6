"""The tests of compression share small models, of which they compute as little as they need."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def few_probabilities_and_short_segments(monkeypatch):
    from small_codings import shortened

    for place, name, value in shortened():
        monkeypatch.setattr(place, name, value)
