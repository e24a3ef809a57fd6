"""The stochastic recurrent network (Bayer and Osendorfer 2014, Learning Stochastic Recurrent Networks).

    p(z_t) = N(0, 1), apart from all else
    g_t = cell(e_t, g_(t-1)), q(z_t) = N(f_q(g_t))      it has seen x_t and what came before
    h_t = cell([e_(t-1); z_t], h_(t-1)), p(x_t) = softmax(W h_t + b)

Nothing that is drawn changes q, so both networks run over whole lines at once; `read` of stepwise.py, one place after
another, is the definition. Shape letters: T time, B rows, Z units of a latent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, concatenate
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines
from charlm.latent.model import Dropout, Reading, head_part, reading_of
from charlm.latent.normal import Normal, draw, normal_of, standard_normal
from charlm.latent.parts import SMALL, Affine, Part, Step, Table, guesser_of, stack_of
from charlm.latent.stepwise import StepwiseModel
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer
from charlm.model.state import State


class Context(NamedTuple):
    """The embedding of the symbol before (B, E), and the state of the generator before it."""

    heard: Array
    state: State


class STORNModel(StepwiseModel):
    """See above."""

    @classmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        size, width = settings.latent.size, settings.embedding_width
        encoder = guesser_of("encoder", settings, width)
        decoder = stack_of("decoder", settings, width + size)
        return {
            "embedding": Table("embedding", vocab_size, width),
            "encoder": encoder,
            "posterior": Affine("posterior", encoder.width, 2 * size, SMALL),
            "decoder": decoder,
            "head": head_part(decoder.width, vocab_size),
        }

    def carried(self, rows: int) -> State:
        state: State = self.part["decoder"].fresh(self.parameters, rows)
        return state

    def guide(self, lines: Lines, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout) -> Array:
        encoder, rows = self.part["encoder"], lines.symbols.shape[1]
        x, fresh = self.embed(lines.symbols), encoder.fresh(self.parameters, rows)
        outputs: Array = encoder.run(self.parameters, x, fresh, recurrence, dropout)
        return outputs

    def context(self, ids: Array, carried: Any, advance: Step) -> Context:
        return Context(self.embed(ids), carried)

    def prior(self, context: Any) -> Normal:
        return standard_normal((len(context.heard), self.settings.latent.size), context.heard)

    def posterior(self, context: Any, guide: Array) -> Normal:
        return normal_of(self.affine("posterior", guide))

    def emit(self, context: Any, z: Array, advance: Step) -> tuple[Array, State]:
        output, state = advance(concatenate([context.heard, z]), context.state)
        return self.head(output), state

    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        """Whole lines at once: the same as one place after another."""
        q = normal_of(self.affine("posterior", self.guide(lines, recurrence, dropout)))
        z = draw(q, noise)
        x = concatenate([self.embed(lines.before), z])
        fresh = self.carried(lines.before.shape[1])
        outputs = self.part["decoder"].run(self.parameters, x, fresh, recurrence, dropout)
        return reading_of(self.head(outputs), lines, q, standard_normal(tuple(z.shape), z), z, lines.there)
