"""`charlm.resume`: what `charlm train --resume` does, from Python."""

from __future__ import annotations

import pytest

import charlm as library
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.training.events import Updated

TINY = {"hidden_size": 8, "num_layers": 1, "batch_size": 4, "seq_len": 16, "device": "cpu", "sample_length": 0}


@pytest.fixture
def text(verse, tmp_path, monkeypatch):
    """A text of the test's own, on which the run `tiny` was trained for four steps."""
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    text = tmp_path / "own.txt"
    text.write_bytes(verse.read_bytes())
    list(library.train(text, run="tiny", steps=4, **TINY))
    return text


def steps(training):
    return [event.step for event in training if isinstance(event, Updated)]


def test_more_adds_to_what_is_done(text):
    assert steps(library.resume("tiny", more=2)) == [5, 6]
    assert steps(library.resume(more="3")) == [7, 8, 9]  # of the latest run


def test_a_length_is_a_total(text):
    assert steps(library.resume("tiny", steps=6)) == [5, 6]
    assert steps(library.resume("tiny", training__steps=7)) == [7]


def test_a_text_that_has_moved_is_named(text, tmp_path):
    text.rename(tmp_path / "moved.txt")
    with pytest.raises(TextError):
        library.resume("tiny", more=1)
    assert steps(library.resume("tiny", more=1, text=tmp_path / "moved.txt")) == [5]


def test_a_run_of_pairs_goes_on_too(charlm, text, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{number}\t{number % 7}\n" for number in range(200)))
    done = charlm(
        "train", pairs, "--pairs", "--run", "sums", "--steps", 2, "--device", "cpu", "-s", "model.hidden_size=8"
    )
    assert done.returncode == 0, done.stderr
    assert steps(library.resume("sums", more=2)) == [3, 4]


def test_what_cannot_be_resumed_is_an_error(text):
    with pytest.raises(UsageError, match="4 steps"):
        library.resume("tiny")
    with pytest.raises(UsageError, match="cannot change model"):
        library.resume("tiny", more=1, hidden_size=9)
    with pytest.raises(UsageError, match="add"):
        library.resume("tiny", more=1, steps=9)
    with pytest.raises(CheckpointError, match="no run nothing"):
        library.resume("nothing")
    assert library.load("tiny/last").step == 4
