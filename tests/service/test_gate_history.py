"""The gates at each checkpoint that a training writes, and why there are none."""

from __future__ import annotations

import shutil

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.reopening import reopen_text
from charlm.errors import TextError
from charlm.inspection.gates import gate_shares
from charlm.runs import open_run
from charlm.service import gate_history
from charlm.service.gate_history import GateHistory


def test_each_checkpoint_is_read_once_and_damage_is_told(tiny_run, tmp_path):
    shutil.copytree(tiny_run / "tiny", tmp_path / "tiny")
    run = open_run(tmp_path, "tiny")
    history = GateHistory(run)
    history.look()
    steps = [each["step"] for each in history.shares]
    assert steps == sorted(steps) != []
    gates = history.shares[-1]["gates"]
    assert all(abs(gate["low"] + gate["between"] + gate["high"] - 1) < 1e-9 for gate in gates)
    history.look()
    assert [each["step"] for each in history.shares] == steps
    damaged = run.folder / "step-99"
    shutil.copytree(run.checkpoints[-1], damaged)
    (damaged / "model.safetensors").write_bytes(b"nothing")
    history.look()
    assert "model.safetensors" in history.note
    assert [each["step"] for each in history.shares] == steps


def test_records_are_read_as_inspect_gates_reads_them(served_runs):
    run = open_run(served_runs, "names")
    history = GateHistory(run)
    history.look()
    checkpoint = load_checkpoint(run.checkpoints[-1])
    valid = reopen_text(checkpoint, "again").split("valid")
    shares = gate_shares(checkpoint.model, valid, checkpoint.record_end)
    assert [gate["low"] for gate in history.shares[-1]["gates"]] == [each.low for each in shares]
    assert shares != gate_shares(checkpoint.model, valid)


def test_a_text_that_has_moved_is_told(tiny_run, monkeypatch):
    def gone(*arguments):
        raise TextError("The text is gone", "verse.txt", "Name it.")

    monkeypatch.setattr(gate_history, "reopen_text", gone)
    history = GateHistory(open_run(tiny_run, "tiny"))
    history.look()
    assert (history.shares, history.note[:16]) == ([], "The text is gone")
