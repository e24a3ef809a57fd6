"""The variational recurrent network (Chung et al. 2015, A Recurrent Latent Variable Model for Sequential Data).

    h_t = cell([e_(t-1); f_z(z_(t-1))], h_(t-1))        what is known before x_t
    p(z_t) = N(f_p(h_t)), q(z_t) = N(f_q([e_t; h_t]))
    p(x_t) = softmax(f_x([f_z(z_t); h_t]))

e_t is the embedding of x_t, and each f has one hidden layer of tanh, f_z a tanh alone. The symbol before the first
one is the end of a record, and f_z of the latent before the first one is 0. Everything depends on the step before, so
no kernel runs a whole line. Shape letters: B rows, E embedding, Z units, H hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, concatenate, tanh, zeros
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines
from charlm.latent.model import Dropout, head_part
from charlm.latent.normal import Normal, normal_of
from charlm.latent.parts import SMALL, Affine, Hidden, Part, Step, Table, stack_of
from charlm.latent.stepwise import StepwiseModel
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer
from charlm.model.state import State


class Carried(NamedTuple):
    """The state of the layers, and f_z of the latent before, (B, H)."""

    state: State
    told: Array


class Context(NamedTuple):
    """h_t (B, H), and the state that goes with it."""

    h: Array
    state: State


class VRNNModel(StepwiseModel):
    """See above."""

    @classmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        size, width = settings.latent.size, settings.embedding_width
        told = settings.hidden_size
        decoder = stack_of("decoder", settings, width + told)
        H = decoder.width
        return {
            "embedding": Table("embedding", vocab_size, width),
            "decoder": decoder,
            "prior": Hidden("prior", H, H, 2 * size, SMALL),
            "posterior": Hidden("posterior", width + H, H, 2 * size, SMALL),
            "told": Affine("told", size, told),
            "output": Affine("output", told + H, H),
            "head": head_part(H, vocab_size),
        }

    def carried(self, rows: int) -> Carried:
        like = self.parameters["head.bias"]
        return Carried(
            self.part["decoder"].fresh(self.parameters, rows), zeros((rows, self.settings.hidden_size), like)
        )

    def guide(self, lines: Lines, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout) -> Array:
        return self.embed(lines.symbols)

    def context(self, ids: Array, carried: Any, advance: Step) -> Context:
        return Context(*advance(concatenate([self.embed(ids), carried.told]), carried.state))

    def prior(self, context: Any) -> Normal:
        return normal_of(self.affine("prior", context.h))

    def posterior(self, context: Any, guide: Array) -> Normal:
        return normal_of(self.affine("posterior", concatenate([guide, context.h])))

    def emit(self, context: Any, z: Array, advance: Step) -> tuple[Array, Carried]:
        told = tanh(self.affine("told", z))
        logits = self.head(tanh(self.affine("output", concatenate([told, context.h]))))
        return logits, Carried(context.state, told)
