"""The bound of a text, with draws and with particles."""

import numpy as np
import pytest
from latent_models import END, STEPWISE, SYMBOLS, model_of, settings_of, some_lines

from charlm.latent.estimating import estimate, whole_lines
from charlm.latent.particles import particle_bound
from charlm.latent.table import KINDS, latent_model

LINES = [[1, 2, 3], [2, 2], [5], [6, 4, 3, 2, 1]]
TEXT = np.array([symbol for line in LINES for symbol in [*line, END]])


def close_model(kind):
    """A model of which bounds are not far from each other: its q is near its p."""
    settings = settings_of(kind)
    values = KINDS[kind].initial_parameters(settings, SYMBOLS, np.random.default_rng(2))
    rng = np.random.default_rng(4)
    return latent_model(
        settings, {n: v + np.float32(0.15) * rng.standard_normal(v.shape).astype("f4") for n, v in values.items()}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_does_not_rise_with_the_number_of_draws_and_is_the_same_each_time(kind):
    model = model_of(kind)
    found = estimate(model, TEXT, END, (1, 4, 16))
    assert found.nats[1] >= found.nats[4] >= found.nats[16] > 0
    assert (found.characters, found.lines, found.units) == (15, 4, 3)
    assert estimate(model, TEXT, END, (1, 4, 16)).nats == found.nats


@pytest.mark.parametrize("kind", STEPWISE)
def test_one_particle_is_the_evidence_lower_bound(kind):
    """Of the same draws, to the last digits of float32."""
    model = model_of(kind)
    (lines,) = whole_lines(TEXT, END, np.zeros(1, np.float32))
    noise = np.random.default_rng(1).standard_normal((*lines.symbols.shape, 3)).astype("f4")
    one = particle_bound(model, lines, 1, np.random.default_rng(1))
    assert one == pytest.approx(model.read(lines, noise).log_weights, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("kind", STEPWISE)
def test_particles_lie_between_one_draw_and_the_truth(kind):
    """Many draws are near ln p(x) of so short lines; particles are a lower bound of it, above a single draw."""
    model, text = close_model(kind), np.tile(TEXT, 40)
    one, many = estimate(model, text, END, (1, 256)).nats.values()
    particles = estimate(model, text, END, (64,), as_particles=True).nats[64]
    assert one > 1.01 * many  # the kinds of bounds can be told apart
    assert 0.99 * many < particles < 1.01 * many


def test_a_model_that_ignores_its_latents_is_said_to_have_collapsed():
    settings = settings_of("line")
    values = KINDS["line"].initial_parameters(settings, SYMBOLS, np.random.default_rng(2))
    collapsed = estimate(latent_model(settings, values), TEXT, END, (1,))
    assert collapsed.collapsed
    assert collapsed.active == 0
    assert not estimate(model_of("line"), TEXT, END, (1,)).collapsed


def test_lines_of_a_text_are_whole():
    lines = list(whole_lines(TEXT, END, np.zeros(1, np.float32)))
    assert sorted(int(each) for part in lines for each in part.lengths) == [2, 3, 4, 6]
    assert some_lines().lengths.tolist() == [6, 4, 1, 0]
