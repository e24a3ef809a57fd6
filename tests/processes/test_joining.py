"""Processes wait for the last one, and say which one is missing."""

from __future__ import annotations

import os
import socket

import pytest

from charlm.errors import LostProcessError, UsageError
from charlm.processes import joining
from charlm.processes.joining import INTERFACE, JOIN_VARIABLE, choose_interface, join_seconds, joined
from charlm.processes.launch import Launch


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch_of(rank, size=3, local_size=None):
    return Launch(rank, size, rank, local_size or size, "127.0.0.1", free_port(), False)


@pytest.fixture(autouse=True)
def interface(monkeypatch):
    """What a test chooses is undone."""
    monkeypatch.setenv(INTERFACE, "lo")
    monkeypatch.delenv(INTERFACE)


def test_the_missing_processes_are_named(monkeypatch):
    monkeypatch.setenv(JOIN_VARIABLE, "0.2")
    said = r"Only 1 of 3 processes came within 0.2 seconds; missing: 1, 2"
    with pytest.raises(LostProcessError, match=said), joined(launch_of(0)):
        pass


def test_a_process_that_does_not_find_process_0_says_where_it_looked(monkeypatch):
    monkeypatch.setenv(JOIN_VARIABLE, "0.2")
    launch = launch_of(1)
    with pytest.raises(LostProcessError, match="cannot reach the others") as lost, joined(launch):
        pass
    assert f"127.0.0.1:{launch.port}" in lost.value.where


@pytest.mark.parametrize(("given", "seconds"), [("", 300.0), ("12.5", 12.5)])
def test_the_time_to_wait_is_in_the_environment(monkeypatch, given, seconds):
    monkeypatch.setenv(JOIN_VARIABLE, given)
    assert join_seconds() == seconds


@pytest.mark.parametrize("given", ["soon", "-1", "0", "nan", "inf"])
def test_a_time_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv(JOIN_VARIABLE, given)
    with pytest.raises(UsageError, match="no number of seconds"):
        join_seconds()


def test_a_single_machine_uses_its_loopback_unless_the_user_chose(monkeypatch):
    monkeypatch.setattr(joining.socket, "if_nameindex", lambda: [(1, "lo"), (2, "eth0")])
    choose_interface(launch_of(0, size=2, local_size=1))
    assert INTERFACE not in os.environ
    choose_interface(launch_of(0))
    assert os.environ[INTERFACE] == "lo"
    monkeypatch.setenv(INTERFACE, "eth0")
    choose_interface(launch_of(0))
    assert os.environ[INTERFACE] == "eth0"
