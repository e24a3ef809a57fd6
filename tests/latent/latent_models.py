"""Small models with latent variables, and lines for them."""

import numpy as np
import torch

from charlm.config.latent_settings import LatentSettings
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines, lines_of
from charlm.latent.table import KINDS, latent_model

SYMBOLS, END = 7, 0
STEPWISE = ("vrnn", "storn", "srnn")


def settings_of(kind, cell="lstm", num_layers=1, **latent) -> ModelSettings:
    """Narrow layers and a short canvas."""
    return ModelSettings(
        cell=cell, hidden_size=6, num_layers=num_layers, embedding_dim=5,
        latent=LatentSettings(kind=kind, **{"size": 3, "canvas": 8, "rounds": 3, "patch": 3, **latent}),
    )  # fmt: skip


def parameters_of(settings, scale=1.0):
    """Initial parameters, but that q and p are far from N(0, 1) and from each other: nothing is special."""
    rng = np.random.default_rng(3)
    values = KINDS[settings.latent.kind].initial_parameters(settings, SYMBOLS, rng)
    return {
        name: value + np.float32(0.3 * scale) * rng.standard_normal(value.shape).astype(np.float32)
        for name, value in values.items()
    }


def model_of(kind, **more):
    settings = settings_of(kind, **more)
    return latent_model(settings, parameters_of(settings))


def in_torch(model, dtype=torch.float32):
    values = {name: torch.tensor(value, dtype=dtype) for name, value in model.parameters.items()}
    return type(model)(model.settings, values)


def some_lines(like=None) -> Lines:
    """Four lines of 6, 4, 1 and 0 symbols: the last row has none."""
    rng = np.random.default_rng(5)
    lengths = np.array([6, 4, 1, 0])
    steps = np.arange(6)[:, None]
    targets = np.where(steps < lengths - 1, rng.integers(1, SYMBOLS, (6, 4)), END)
    targets = np.where(steps < lengths, targets, -1)
    before = np.concatenate([np.full((1, 4), END), np.maximum(targets[:-1], 0)])
    like = np.zeros(1, np.float32) if like is None else like
    if isinstance(like, torch.Tensor):
        return lines_of(torch.tensor(before), torch.tensor(targets), like)
    return lines_of(before, targets, like)


def noise_for(model, lines, seed=0, zero=False):
    shape = (model.latents(lines.symbols.shape[0]), lines.symbols.shape[1], model.settings.latent.size)
    return np.zeros(shape, np.float32) if zero else np.random.default_rng(seed).standard_normal(shape).astype("f4")
