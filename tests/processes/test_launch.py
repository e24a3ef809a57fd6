"""How torchrun says which process this is, and what contradicts itself."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError
from charlm.processes.launch import follows, launched

TOLD = {
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "10.0.0.1",
    "MASTER_PORT": "29500",
}  # fmt: skip


def test_all_numbers_are_read():
    launch = launched(TOLD)
    assert (launch.rank, launch.size, launch.local_rank, launch.local_size) == (3, 4, 1, 2)
    assert (launch.host, launch.port, launch.hosted, launch.on_one_machine) == ("10.0.0.1", 29500, False, False)
    assert launched({**TOLD, "TORCHELASTIC_USE_AGENT_STORE": "True"}).hosted
    assert launched({**TOLD, "WORLD_SIZE": "2", "RANK": "1"}).on_one_machine


@pytest.mark.parametrize("lacking", TOLD)
def test_a_process_that_torchrun_did_not_start_is_alone(lacking):
    assert launched({name: value for name, value in TOLD.items() if name != lacking}) is None


def test_a_single_process_of_torchrun_is_alone():
    one = {**TOLD, "RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"}
    assert launched(one) is None
    assert not follows(one)


@pytest.mark.parametrize(
    "wrong",
    [{"RANK": "4"}, {"RANK": "x"}, {"RANK": "0"}, {"LOCAL_RANK": "2"}, {"LOCAL_WORLD_SIZE": "5"}, {"MASTER_PORT": "0"}],
)
def test_what_contradicts_itself_is_refused(wrong):
    with pytest.raises(UsageError, match="environment of the processes") as refused:
        launched({**TOLD, **wrong})
    assert next(iter(wrong.values())) in refused.value.where


def test_all_but_the_first_process_follow():
    assert [follows({**TOLD, "RANK": rank, "LOCAL_RANK": "0"}) for rank in "0123"] == [False, True, True, True]
    assert not follows({})
    assert follows({**TOLD, "MASTER_PORT": "x"})  # what is wrong is said once
