"""Which kind of model a run trains."""

from __future__ import annotations

from charlm.checkpoint.kind_of_run import is_of_pairs


def test_a_run_of_pairs_is_one(charlm, tmp_path, monkeypatch, tiny_run):
    (tmp_path / "pairs.tsv").write_text("".join(f"{number}\t{number % 7}\n" for number in range(60)))
    small = ("--steps", 1, "--device", "cpu", "-s", "model.hidden_size=8")
    done = charlm("train", "pairs.tsv", "--pairs", "--run", "sums", *small)
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    assert is_of_pairs("sums")
    assert is_of_pairs(None)  # the latest
    monkeypatch.setenv("CHARLM_RUNS", str(tiny_run))
    assert not is_of_pairs("tiny")


def test_a_run_that_cannot_be_read_is_left_to_others(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    assert not is_of_pairs("nothing")
