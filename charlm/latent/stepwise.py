"""Models with one latent for each symbol: what they share. A subclass says what it is by five small functions.

At each place, from what came before (a context c), the model has a prior of z; from the symbol itself and what
follows it, as far as the model looks, it has a posterior; and from c and z it predicts the symbol:

    c_t = context(x_(t-1), carried), p(z_t) = prior(c_t), q(z_t) = posterior(c_t, guide_t)
    p(x_t), carried' = emit(c_t, z_t)

Reading draws from q, writing from p, and particles from q with the fit ones multiplied. Knows no kind.
Shape letters: T time, B rows, V symbols, Z units of a latent, G units of the guide.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from charlm.cells.arrays import Array, lookup, stack
from charlm.latent.lines import Lines
from charlm.latent.model import Dropout, LatentModel, Noise, Reading, Writing, reading_of
from charlm.latent.normal import Normal, draw
from charlm.latent.parts import Step
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer


class StepwiseModel(LatentModel):
    """A model with one latent for each symbol."""

    @abstractmethod
    def carried(self, rows: int) -> Any:
        """What is carried before the first symbol: NamedTuples of arrays with a row for each line, nested."""

    @abstractmethod
    def guide(self, lines: Lines, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout) -> Array:
        """(T, B, G) what the posterior knows of each symbol, and of what it may see around it."""

    @abstractmethod
    def context(self, ids: Array, carried: Any, advance: Step) -> Any:
        """The symbols (B,) before the next ones, and what is carried -> the context. `advance` is from `decoder`."""

    @abstractmethod
    def prior(self, context: Any) -> Normal:
        """(B, Z)"""

    @abstractmethod
    def posterior(self, context: Any, guide: Array) -> Normal:
        """(B, Z) from the context and guide (B, G)."""

    @abstractmethod
    def emit(self, context: Any, z: Array, advance: Step) -> tuple[Array, Any]:
        """The context and z (B, Z) -> logits (B, V), and what is carried on. `advance` is from `decoder`."""

    def decoder(self, dropout: Dropout = no_dropout) -> Step:
        """The step of the layers that predict, for as long as the parameters stay as they are."""
        step: Step = self.part["decoder"].stepper(self.parameters, dropout)
        return step

    def latents(self, steps: int) -> int:
        return steps

    def embed(self, ids: Array) -> Array:
        """(...) ids to vectors (..., E)."""
        return lookup(self.parameters["embedding.weight"], ids)

    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        """One place after another: the definition."""
        guide, carried = self.guide(lines, recurrence, dropout), self.carried(lines.before.shape[1])
        advance = self.decoder(dropout)
        found: list[tuple[Any, ...]] = []
        for t, ids in enumerate(lines.before):
            context = self.context(ids, carried, advance)
            p, q = self.prior(context), self.posterior(context, guide[t])
            z = draw(q, noise[t])
            logits, carried = self.emit(context, z, advance)
            found.append((logits, *q, *p, z))
        logits, q_mean, q_scale, p_mean, p_scale, z = map(stack, zip(*found, strict=True))
        return reading_of(logits, lines, Normal(q_mean, q_scale), Normal(p_mean, p_scale), z, lines.there)

    def begin(self, rows: int, noise: Noise) -> Any:
        return self.carried(rows)

    def stepping(self) -> Writing:
        advance = self.decoder()

        def step(ids: Array, state: Any, noise: Noise) -> tuple[Array, Any]:
            context = self.context(ids, state, advance)
            p = self.prior(context)
            return self.emit(context, draw(p, noise(tuple(p.mean.shape))), advance)

        return step
