"""What every model with latent variables is: settings, parameters, and how it reads lines and writes them.

Knows no kind, no engine and no torch. Shape letters: T time, B rows, V symbols, Z units of a latent, N latents of a
line (one, one for each symbol, or one for each round).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines
from charlm.latent.normal import Normal, divergence, log_density
from charlm.latent.parts import Affine, Part, initial_of, shapes_of
from charlm.latent.symbol_nats import symbol_nats
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer

Noise = Callable[[tuple[int, ...]], Array]  # numbers from N(0, 1) in this shape
Dropout = Callable[[Array], Array]
# The symbols (B,) before the next ones, the state, and noise -> logits of the next ones (B, V), and the new state.
Writing = Callable[[Array, Any, Noise], tuple[Array, Any]]


class Reading(NamedTuple):
    """What reading lines with drawn latents gives.

    `nats` (T, B) of each symbol, given the latents. `divergence` (N, B): KL(q || p) of each latent in closed form.
    `log_ratio` (N, B): ln p(z) - ln q(z) of what was drawn. `means` (N, B, Z) of q. All of them are 0 where there is no
    symbol. `z` (N, B, Z): what was drawn. `extra`: what a training minimises beside them, a sum in nats.
    """

    nats: Array
    divergence: Array
    log_ratio: Array
    means: Array
    z: Array
    extra: Array | float = 0.0

    @property
    def log_weights(self) -> Array:
        """(B,) ln p(x, z) / q(z | x) of each line: its mean over draws is the evidence lower bound."""
        return self.log_ratio.sum(0) - self.nats.sum(0)

    @property
    def bound(self) -> Array:
        """(B,) the evidence lower bound of each line, with KL in closed form."""
        return -self.nats.sum(0) - self.divergence.sum(0)


def reading_of(
    logits: Array, lines: Lines, q: Normal, p: Normal, z: Array, real: Array, extra: Array | float = 0.0
) -> Reading:
    """The reading from logits (T, B, V), and posterior, prior and draws (N, B, Z); `real` (N, B) is 0 for padding."""
    return Reading(
        symbol_nats(logits, lines.symbols) * lines.there,
        divergence(q, p) * real,
        (log_density(p, z) - log_density(q, z)) * real,
        q.mean * real[..., None],
        z,
        extra,
    )


@dataclass(frozen=True, eq=False)
class LatentModel(ABC):
    """A model with latent variables. `parameters` are arrays by name, of numpy or torch."""

    settings: ModelSettings
    parameters: Mapping[str, Array]

    @classmethod
    @abstractmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        """The parts of the model by their names, in the order in which they are used."""

    @classmethod
    def parameter_shapes(cls, settings: ModelSettings, vocab_size: int) -> dict[str, tuple[int, ...]]:
        """The shape of each parameter, by name."""
        return shapes_of(list(cls.parts(settings, vocab_size).values()))

    @classmethod
    def initial_parameters(
        cls, settings: ModelSettings, vocab_size: int, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Initial values, float32."""
        return initial_of(list(cls.parts(settings, vocab_size).values()), rng)

    @property
    def vocab_size(self) -> int:
        return len(self.parameters["head.bias"])

    @cached_property
    def part(self) -> Mapping[str, Any]:
        """The parts by name."""
        return self.parts(self.settings, self.vocab_size)

    @property
    def longest(self) -> int | None:
        """The most symbols that a line may have, its end included; None if there is no bound."""
        return None

    @abstractmethod
    def latents(self, steps: int) -> int:
        """N, the latents of lines of so many symbols."""

    @abstractmethod
    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        """Lines and noise (N, B, Z) -> their reading. `recurrence` runs layers over whole lines."""

    @abstractmethod
    def begin(self, rows: int, noise: Noise) -> Any:
        """The state of `rows` lines before their first symbol; what is drawn once for a line is drawn now."""

    @abstractmethod
    def stepping(self) -> Writing:
        """What writes a symbol at a time, for as long as the parameters stay as they are."""

    def affine(self, name: str, x: Array) -> Array:
        """What the part of that name gives for x."""
        found: Array = self.part[name](self.parameters, x)
        return found

    def head(self, x: Array) -> Array:
        """Outputs (..., H) to logits (..., V)."""
        return linear(x, self.parameters["head.weight"], self.parameters["head.bias"])


class WholeLineModel(LatentModel):
    """A model whose latents belong to a line as a whole: each of them is a place from which a line can be written."""

    @abstractmethod
    def begin_from(self, z: Array) -> Any:
        """The state of lines before their first symbol, with latents (N, B, Z) that are given."""


def head_part(inputs: int, vocab_size: int) -> Affine:
    """The output layer: logits of V symbols."""
    return Affine("head", inputs, vocab_size)
