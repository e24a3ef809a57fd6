"""The lines of metrics.jsonl as loggers get them."""

from __future__ import annotations

import math

import pytest

from charlm.loggers.measured import measured
from charlm.runs import read_metrics


def test_an_update_and_a_validation_are_numbers_in_nats_and_in_bits():
    line = {"event": "updated", "step": 3, "nats": math.log(2), "train_nats": 2 * math.log(2), "learning_rate": 0.01}
    found = measured({**line, "seconds": 1.5, "gradient_norm": None, "characters": 64})
    assert (found.step, found.seconds, found.sample) == (3, 1.5, None)
    assert found.numbers == pytest.approx(
        {
            "train/nats": math.log(2), "train/bits": 1.0, "train/mean_nats": 2 * math.log(2), "train/mean_bits": 2.0,
            "train/learning_rate": 0.01,
        }
    )  # fmt: skip
    scored = measured({"event": "validated", "step": 4, "nats": 1.0, "bits": 1.4427, "best": True, "seconds": 2.0})
    assert scored.numbers == pytest.approx({"valid/nats": 1.0, "valid/bits": 1 / math.log(2)})


def test_what_went_wrong_is_told_too():
    assert measured({"event": "skipped", "step": 5, "reason": "loss nan"}).numbers == {"train/skipped": 1.0}
    assert measured({"event": "rolledback", "step": 6, "rate_factor": 0.5}).numbers == {"train/rate_factor": 0.5}
    assert measured({"event": "spiked", "step": 7, "nats": 9.0}).numbers == {"train/spike_nats": 9.0}


def test_a_sample_is_text_and_a_checkpoint_nothing():
    assert measured({"event": "sampled", "step": 8, "text": "owl\n"}).sample == "owl\n"
    for line in (
        {"event": "saved", "step": 9, "best": True},
        {"event": "updated"},
        {"step": 1},
        {"event": 3, "step": 1},
    ):
        assert measured(line) is None


def test_a_training_has_lines_that_loggers_get(tiny_run):
    found = [measured(line) for line in read_metrics(tiny_run / "tiny" / "metrics.jsonl")]
    assert sum("train/bits" in each.numbers for each in found if each) == 60
    assert sum("valid/bits" in each.numbers for each in found if each) == 3
