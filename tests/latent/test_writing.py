"""Lines that models write."""

from itertools import islice

import numpy as np
import pytest
from latent_models import END, SYMBOLS, model_of

from charlm.errors import IntegrityError
from charlm.latent.table import KINDS, latent_model
from charlm.latent.writing import LatentWriter
from charlm.sampling.rules.decoding import Decoding


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_is_the_same_however_many_are_written(kind):
    writer = LatentWriter(model_of(kind), Decoding(temperature=1.0), END, longest=8, never=3)
    lines = list(islice(writer.lines(seed=1), 40))
    assert list(islice(writer.lines(seed=1), 3)) == lines[:3]
    assert len({tuple(line) for line in lines}) > 20
    assert {symbol for line in lines for symbol in line} <= set(range(1, SYMBOLS)) - {3}
    assert max(map(len, lines)) <= 8


@pytest.mark.parametrize("kind", ["line", "draw"])
def test_lines_begin_from_given_latents(kind):
    model = model_of(kind)
    writer = LatentWriter(model, Decoding(temperature=0.0), END, longest=8)
    z = np.random.default_rng(1).standard_normal((model.latents(1), 5, 3)).astype("f4")
    lines = writer.from_state(model.begin_from(z), 5, seed=1)
    assert len(lines) == 5
    assert writer.from_state(model.begin_from(z), 5, seed=2) == lines  # greedy: no random number counts
    assert writer.from_state(model.begin_from(z[:, :2]), 2, seed=1) == lines[:2]


def test_scores_that_are_not_finite_are_an_error():
    model = model_of("line")
    broken = latent_model(model.settings, {**model.parameters, "head.bias": np.full(SYMBOLS, np.nan, np.float32)})
    with pytest.raises(IntegrityError, match="no usable scores"):
        next(LatentWriter(broken, Decoding(), END, longest=8).lines(seed=1))
