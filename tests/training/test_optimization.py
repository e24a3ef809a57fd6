"""Learning rates of every schedule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.config.settings import TrainingSettings
from charlm.training.optimization import learning_rate

SCHEDULES = ["cosine", "linear", "step", "constant"]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_peaks_at_the_end_of_the_warm_up(schedule):
    settings = TrainingSettings(schedule=schedule, warmup=0.1, learning_rate=0.01)
    assert learning_rate(settings, 0.1, 0) == pytest.approx(0.01)
    assert 0 < learning_rate(settings, 0.0, 0) < 0.001


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("final", [0.0, 0.02, 1.0])
def test_the_rate_at_the_end_is_the_final_rate(schedule, final):
    settings = TrainingSettings(schedule=schedule, final_rate=final, learning_rate=0.01)
    assert learning_rate(settings, 1.0, 7) == pytest.approx(0.01 * final)


def test_the_step_schedule_is_that_of_the_original_char_rnn():
    """Its train.lua multiplies the rate by 0.97 at the end of each epoch from the tenth on."""
    settings = TrainingSettings(schedule="step", decay=0.97, decay_after=10, warmup=0, learning_rate=0.002)
    assert learning_rate(settings, 0.5, 9.99) == pytest.approx(0.002)
    assert learning_rate(settings, 0.5, 10.0) == pytest.approx(0.002 * 0.97)
    assert learning_rate(settings, 0.5, 12.5) == pytest.approx(0.002 * 0.97**3)


@given(
    st.sampled_from(SCHEDULES), st.floats(0, 1), st.floats(0, 1), st.floats(-1, 2), st.floats(0, 1000),
)  # fmt: skip
def test_the_rate_is_never_negative_nor_above_the_peak(schedule, warmup, final, progress, epoch):
    settings = TrainingSettings(schedule=schedule, warmup=warmup, final_rate=final, learning_rate=0.01)
    assert 0 <= learning_rate(settings, progress, epoch) <= 0.01 * (1 + 1e-12)
