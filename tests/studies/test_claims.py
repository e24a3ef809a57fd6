"""No two processes hold the claim on a run at once, on one machine or on several, and what a dead one held is free."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from charlm.errors import BusyError, CheckpointError
from charlm.studies import claims as claims_file
from charlm.studies.claim_file import WIDTH, Claim, create_claim, parse_claim, read_claim, renew_claim
from charlm.studies.claims import Claims

BEAT = 0.02
HOLD = (
    "import sys, pathlib; from charlm.studies.claims import Claims\n"
    "with Claims(pathlib.Path(sys.argv[1])).hold('lstm.s1'):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.readline()\n"
)


def never():
    return False


@pytest.fixture
def without_locks(monkeypatch):
    """As on a shared disk that shows no lock to another machine."""

    @contextmanager
    def none(self, name, timeout=0.0):
        yield False

    monkeypatch.setattr(Claims, "_locked", none)


def test_one_holds_it_the_next_is_told_by_whom_and_gets_it_afterwards(tmp_path):
    mine, other = Claims(tmp_path, BEAT), Claims(tmp_path, BEAT)
    assert other.is_free("lstm.s1")
    with mine.hold("lstm.s1") as held:
        held.tell(0.25, 1.5)
        with pytest.raises(BusyError) as caught, other.hold("lstm.s1"):
            pass
        assert f"process {os.getpid()} on " in caught.value.what
        with pytest.raises(BusyError):
            other.wait("lstm.s1", never)
        assert other.is_free("lstm.s2"), "of another run nothing is said"
        while other.latest("lstm.s1").progress is None:
            time.sleep(BEAT)
        assert other.latest("lstm.s1").nats == 1.5
    assert not other.latest("lstm.s1").held
    with other.hold("lstm.s1"):
        assert not mine.is_free("lstm.s1")


def test_what_a_killed_process_of_this_machine_held_is_free_at_once(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        claims = Claims(tmp_path)
        assert not claims.is_free("lstm.s1")
        process.kill()
        process.wait()
    assert claims.is_free("lstm.s1")
    with claims.hold("lstm.s1"):
        assert (tmp_path / "lstm.s1.claim-2").exists()


def elsewhere(folder, **said):
    """A claim of another machine, whose locks cannot be seen here."""
    claim = Claim(machine="far", host="nas2", pid=7, beat=BEAT, **said)
    create_claim(folder / "lstm.s1.claim-1", claim)
    return claim


def test_a_claim_of_another_machine_is_free_after_three_beats_without_a_sign(tmp_path):
    elsewhere(tmp_path)
    claims, began = Claims(tmp_path), time.monotonic()
    assert not claims.is_free("lstm.s1")
    with pytest.raises(BusyError, match="process 7 on nas2"), claims.hold("lstm.s1"):
        pass
    claims.beat = BEAT  # how often `wait` looks
    claims.wait("lstm.s1", never)
    assert time.monotonic() - began >= 3 * BEAT
    with claims.hold("lstm.s1"):
        assert claims.latest("lstm.s1").pid == os.getpid()


def test_a_claim_whose_count_rises_is_not_free_however_old_it_seems(tmp_path):
    claim, claims = elsewhere(tmp_path), Claims(tmp_path)
    for count in range(1, 9):
        assert not claims.is_free("lstm.s1")
        time.sleep(BEAT)
        renew_claim(tmp_path / "lstm.s1.claim-1", replace(claim, count=count))
        os.utime(tmp_path / "lstm.s1.claim-1", (0, 0))  # its machine's clock says 1970
    with pytest.raises(BusyError):
        claims.wait("lstm.s1", never)


def test_beats_that_passed_while_nobody_looked_do_not_count(tmp_path):
    """A laptop that was asleep must not take over what beat all the time."""
    elsewhere(tmp_path)
    claims = Claims(tmp_path)
    assert not claims.is_free("lstm.s1")
    time.sleep(5 * BEAT)
    assert not claims.is_free("lstm.s1")
    assert claims._watched["lstm.s1"].quiet <= BEAT


def test_a_claim_that_was_left_is_free_for_all_machines(tmp_path):
    elsewhere(tmp_path, held=False)
    assert Claims(tmp_path).is_free("lstm.s1")


def test_of_many_machines_without_locks_one_at_a_time_holds_it(tmp_path, without_locks):
    """The first holder is gone. Eight others find that at the same moment, and again whenever one leaves."""
    elsewhere(tmp_path)
    inside, most, turns = [0], [0], []
    guard, together = threading.Lock(), threading.Barrier(8)

    def compete(machine):
        claims = Claims(tmp_path, BEAT, machine=str(machine))
        together.wait()
        mine = 0
        while mine < 3:
            if not claims.is_free("lstm.s1"):
                time.sleep(0.001)
                continue
            try:
                with claims.hold("lstm.s1"):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    time.sleep(0.002)
                    with guard:
                        inside[0] -= 1
                    mine += 1
                    turns.append(machine)
            except BusyError:
                time.sleep(0.001)

    threads = [threading.Thread(target=compete, args=(machine,)) for machine in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1]
    assert len(turns) == 24
    assert len(list(tmp_path.glob("*.claim-*"))) == 25


def test_a_holder_that_was_suspended_gives_up_before_it_saves(tmp_path, without_locks):
    with Claims(tmp_path, BEAT).hold("lstm.s1") as held:
        stop = held.guarded(never)
        assert stop() is False
        create_claim(tmp_path / "lstm.s1.claim-2", Claim(machine="far"))
        held._beaten -= 3 * BEAT  # what a clock says that went on meanwhile
        with pytest.raises(BusyError, match="no sign of life"):
            stop()
    assert Claims(tmp_path, machine="far").latest("lstm.s1").held, "it is the other's"


def test_a_full_folder_is_said_and_its_claim_stays_nobodys(tmp_path, monkeypatch):
    def full(descriptor, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(CheckpointError) as caught, Claims(tmp_path).hold("lstm.s1"):
            pass
    assert "The disk is full" in caught.value.what
    assert "Make room" in caught.value.remedy
    claims = Claims(tmp_path)
    assert read_claim(tmp_path / "lstm.s1.claim-1") == b""
    assert not claims.is_free("lstm.s1"), "another process may just be writing it"
    claims._watched["lstm.s1"].quiet = 3 * claims.beat
    assert claims.is_free("lstm.s1")


def test_a_disk_without_locks_is_no_error(tmp_path, monkeypatch):
    class Lockless:
        def __init__(self, path, timeout):
            pass

        def acquire(self):
            raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock", Lockless)
    with Claims(tmp_path, BEAT).hold("lstm.s1"):
        assert not Claims(tmp_path, BEAT).is_free("lstm.s1")
    assert Claims(tmp_path, BEAT).is_free("lstm.s1")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff" * WIDTH, b'{"beat": "x", "pid": [], "held": 3}'])
def test_a_claim_that_cannot_be_read_is_somebodys(content):
    claim = parse_claim(content)
    assert claim.held
    assert claim.beat == 10
    assert claim.who == "another machine"


def test_a_claim_keeps_its_size(tmp_path):
    path = tmp_path / "x.claim-1"
    create_claim(path, Claim(machine="m" * 500, host="h" * 500))
    renew_claim(path, Claim(progress=0.123456, nats=1e300))
    assert path.stat().st_size == WIDTH
    assert parse_claim(path.read_bytes()).nats == 1e300
    assert claims_file.MISSED == 3
