"""One process says what went wrong, and all end with its exit code."""

from __future__ import annotations

import torch.distributed as dist

from charlm.processes import ending
from charlm.processes.ending import Ending


def test_the_first_to_fail_speaks_and_the_others_end_with_its_code(monkeypatch):
    store = dist.HashStore()
    one, other = Ending(store, 1), Ending(store, 0)
    assert one.is_first(4)
    assert one.is_first(4)  # also if it asks again
    assert not other.is_first(8)
    one.has_spoken()
    assert other.await_the_first(8) == 4
    one.await_the_others(2)  # it has left


def test_who_waits_for_nobody_ends_with_its_own_code(monkeypatch):
    monkeypatch.setattr(ending, "PATIENCE", ending.timedelta(milliseconds=20))
    assert Ending(dist.HashStore(), 0).await_the_first(130) == 130
    spoken = dist.HashStore()
    Ending(spoken, 0).has_spoken()
    assert Ending(spoken, 1).await_the_first(130) == 130
    Ending(spoken, 0).await_the_others(3)  # one of them does not come any more


def test_without_a_store_a_process_speaks_for_itself():
    class Gone:
        def __getattr__(self, name):
            def fail(*arguments):
                raise RuntimeError("Broken pipe")

            return fail

    alone = Ending(Gone(), 1)
    assert alone.is_first(8)
    alone.has_spoken()
    assert alone.await_the_first(8) == 8
    alone.await_the_others(2)
