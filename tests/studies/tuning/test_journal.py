"""Optuna's journal, after a process was killed while it wrote."""

from __future__ import annotations

import errno

import pytest
from optuna.storages.journal import JournalFileBackend

from charlm.errors import CheckpointError, IntegrityError
from charlm.studies.tuning.drawing import DrawnByNumber
from charlm.studies.tuning.journal import open_study


def opened(path):
    return open_study(path, DrawnByNumber(1, {}))


@pytest.mark.parametrize("cut", [1, 7, 30])
def test_a_line_that_was_cut_off_is_taken_away(tmp_path, cut):
    path = tmp_path / "journal.log"
    study = opened(path)
    for value in (1.0, 2.0):
        study.tell(study.ask(), value)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines(keepends=True)[-1][:cut])
    after = opened(path)
    assert [trial.value for trial in after.trials] == [1.0, 2.0], "what is cut off counts for nothing"
    after.tell(after.ask(), 3.0)
    assert [trial.value for trial in opened(path).trials] == [1.0, 2.0, 3.0]
    assert path.read_bytes().startswith(whole)
    assert [trial.value for trial in study.trials] == [1.0, 2.0, 3.0], "another process, which had it open, reads on"


@pytest.mark.parametrize("line", [b"{not json\n", b"[]\n", b'{"op_code": 99, "worker_id": "x"}\n', b"\xff\n"])
def test_a_damaged_line_in_the_middle_is_named(tmp_path, line):
    path = tmp_path / "journal.log"
    study = opened(path)
    study.tell(study.ask(), 1.0)
    whole = path.read_bytes()
    path.write_bytes(line + whole)
    with pytest.raises(IntegrityError, match="The journal of the search is damaged"):
        opened(path)


def test_a_full_disk_is_a_message(tmp_path, monkeypatch):
    study = opened(tmp_path / "journal.log")

    def full(file, logs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(JournalFileBackend, "append_logs", full)
        with pytest.raises(CheckpointError, match=r"journal\.log could not be written: The disk is full"):
            study.ask()
    study.tell(study.ask(), 1.0)
    assert len(study.trials) == 1, "it goes on when there is room"


def test_a_lock_file_that_was_left_stops_nobody(tmp_path):
    """Optuna's own lock would be waited for."""
    path = tmp_path / "journal.log"
    path.with_suffix(".lock").write_text("")
    study = opened(path)
    study.tell(study.ask(), 1.0)
    assert len(study.trials) == 1
