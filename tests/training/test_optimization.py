from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.config.settings import TrainingSettings
from charlm.training.optimization import learning_rate

KINDS = ["cosine", "linear", "step", "constant"]


@pytest.mark.parametrize("schedule", KINDS)
def test_the_peak_is_reached_when_the_warm_up_ends(schedule):
    settings = TrainingSettings(schedule=schedule, warmup=0.1, learning_rate=0.01)
    assert learning_rate(settings, 0.1, 0) == pytest.approx(0.01)
    assert 0 < learning_rate(settings, 0.0, 0) < 0.001


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
@pytest.mark.parametrize("final", [0.0, 0.02, 1.0])
def test_it_ends_at_the_final_rate_exactly_when_the_training_ends(schedule, final):
    settings = TrainingSettings(schedule=schedule, final_rate=final, learning_rate=0.01)
    assert learning_rate(settings, 1.0, 7) == pytest.approx(0.01 * final)


def test_step_decays_as_the_original_char_rnn_does():
    """train.lua: at the end of each epoch from the tenth on, the rate is multiplied by 0.97."""
    settings = TrainingSettings(schedule="step", decay=0.97, decay_after=10, warmup=0, learning_rate=0.002)
    assert learning_rate(settings, 0.5, 9.99) == pytest.approx(0.002)
    assert learning_rate(settings, 0.5, 10.0) == pytest.approx(0.002 * 0.97)
    assert learning_rate(settings, 0.5, 12.5) == pytest.approx(0.002 * 0.97**3)


@given(
    st.sampled_from(KINDS), st.floats(0, 1), st.floats(0, 1), st.floats(-1, 2), st.floats(0, 1000),
)  # fmt: skip
def test_it_is_never_negative_nor_above_the_peak(schedule, warmup, final, progress, epoch):
    settings = TrainingSettings(schedule=schedule, warmup=warmup, final_rate=final, learning_rate=0.01)
    assert 0 <= learning_rate(settings, progress, epoch) <= 0.01 * (1 + 1e-12)
