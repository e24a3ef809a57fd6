"""The length of a trial, as it is written and as a training has it."""

from __future__ import annotations

import pytest

from charlm.config.settings import TrainingSettings
from charlm.errors import UsageError
from charlm.studies.tuning.trial_length import read_length

TRAINING = TrainingSettings(batch_size=4, seq_len=10, accumulate=2)


@pytest.mark.parametrize(
    ("text", "shown", "settings"),
    [
        ("15s", "15s", {"budget": 15.0}),
        ("2m", "2m", {"budget": 120.0}),
        ("0.5s", "0.5s", {"budget": 0.5}),
        ("500steps", "500steps", {"steps": 500}),
        ("1 step", "1steps", {"steps": 1}),
        ("850characters", "850characters", {"steps": 10}),
        ("7characters", "7characters", {"steps": 1}),
    ],
)
def test_a_length_is_read_and_written(text, shown, settings):
    length = read_length(text)
    assert str(length) == shown
    assert read_length(str(length)) == length
    assert length.of(TRAINING) == settings


@pytest.mark.parametrize("text", ["", "15", "0s", "1.5steps", "-3s", "2epochs", "s", "1e3s"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(UsageError, match="--each cannot be") as caught:
        read_length(text)
    assert "15s" in caught.value.remedy
