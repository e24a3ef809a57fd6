"""What a worker of a Dask cluster does. test_engines.py has clusters for real."""

from __future__ import annotations

import time

import pytest

from charlm.errors import UsageError
from charlm.studies.launching import on_dask
from charlm.studies.launching.on_dask import DaskEngine


def test_an_event_is_asked_now_and_then_and_its_answer_lasts(monkeypatch):
    asked = []

    def ask():
        asked.append(1)
        return len(asked) == 2

    monkeypatch.setattr(on_dask, "LOOK", 0.05)
    answer = on_dask._now_and_then(ask)
    assert [answer() for _ in range(100)] == [False] * 100
    assert len(asked) == 1
    time.sleep(0.06)
    assert [answer() for _ in range(3)] == [True] * 3
    assert len(asked) == 2


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(on_dask, "CONNECTING", "0.2s")
    with pytest.raises(UsageError) as caught, DaskEngine("tcp://127.0.0.1:1", 0, 1):
        pass
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in caught.value.what
    assert "dask scheduler" in caught.value.remedy


@pytest.mark.parametrize("address", ["nonsense://x", "127.0.0.1"])
def test_an_address_that_is_none_is_told(monkeypatch, address):
    monkeypatch.setattr(on_dask, "CONNECTING", "0.2s")
    with pytest.raises(UsageError, match="No Dask scheduler"), DaskEngine(address, 0, 1):
        pass
