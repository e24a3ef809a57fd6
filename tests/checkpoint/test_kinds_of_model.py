"""A checkpoint gives the model that it is of, and says what to do with one of another kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from charlm.checkpoint import Scores
from charlm.checkpoint.contents import Checkpoint, TextIdentity
from charlm.checkpoint.kinds_of_model import count_parameters_of, parameter_shapes_of
from charlm.config.settings import Settings
from charlm.errors import UsageError
from charlm.latent.model import LatentModel
from charlm.model.language_model import LanguageModel
from charlm.pairs.model import PairModel
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tuple("\t\nab"))
KINDS = {"language": {}, "latent": {"latent": {"kind": "line"}}, "pairs": {"pairs": {"kind": "attending"}}}
MODELS = {
    "language": ("model", LanguageModel),
    "latent": ("latent_model", LatentModel),
    "pairs": ("pair_model", PairModel),
}


def checkpoint_of(kind):
    settings = Settings.model_validate({"model": {"hidden_size": 4, "num_layers": 1, **KINDS[kind]}})
    shapes = parameter_shapes_of(settings.model, VOCABULARY.size)
    parameters = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    text = TextIdentity(name="lines", sha256="0" * 64, characters=9)
    return Checkpoint(Path("runs/my run/step-3"), 3, settings, VOCABULARY, text, Scores(), {}, parameters)


@pytest.mark.parametrize("kind", KINDS)
def test_each_gives_its_own_model(kind):
    name, model = MODELS[kind]
    assert isinstance(getattr(checkpoint_of(kind), name), model)


@pytest.mark.parametrize("kind", KINDS)
def test_each_counts_the_weights_of_its_model(kind):
    checkpoint = checkpoint_of(kind)
    model = getattr(checkpoint, MODELS[kind][0])
    assert checkpoint.parameter_count == sum(np.size(value) for value in model.parameters.values()) > 0
    assert checkpoint.parameter_count == count_parameters_of(checkpoint.settings.model, VOCABULARY.size)


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ("latent", "model", "charlm eval bound 'my run'"),
        ("pairs", "model", "charlm convert 'my run'"),
        ("language", "latent_model", "charlm eval perplexity 'my run'"),
        ("pairs", "latent_model", "charlm convert 'my run'"),
        ("language", "pair_model", "charlm sample 'my run'"),
        ("latent", "pair_model", "charlm sample 'my run'"),
    ],
)
def test_another_kind_is_refused_with_the_command_that_fits(kind, asked, said):
    with pytest.raises(UsageError) as caught:
        getattr(checkpoint_of(kind), asked)
    assert said in caught.value.remedy
