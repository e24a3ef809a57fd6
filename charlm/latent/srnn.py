"""The recurrent network above which latents form a chain (Fraccaro et al. 2016, Sequential Neural Models with
Stochastic Layers), with Z-forcing as an option (Goyal et al. 2017, Z-Forcing: Training Stochastic Recurrent Networks).

    d_t = cell(e_(t-1), d_(t-1))                        deterministic: no latent is in it
    a_t = backwards over [d_t; e_t]                     what is still to come, and the symbol itself
    p(z_t) = N(f_p([z_(t-1); d_t])), q(z_t) = N(f_q([z_(t-1); a_t]))
    p(x_t) = softmax(f_x([z_t; d_t]))

The two networks run over whole lines at once; the chain of latents, small perceptrons, one step after another.
Z-forcing adds -lambda ln N(a_t; f_a(z_t), 1): z has to foretell the backward network. Its states are not changed by
this term (our choice): otherwise they would become easy to foretell. Shape letters: T time, B rows, Z units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, concatenate, stack, tanh, zeros
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines, backwards
from charlm.latent.model import Dropout, Reading, head_part, reading_of
from charlm.latent.normal import Normal, draw, log_density, normal_of
from charlm.latent.parts import SMALL, Affine, Hidden, Part, Step, Table, guesser_of, stack_of
from charlm.latent.stepwise import StepwiseModel
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer
from charlm.model.state import State


class Carried(NamedTuple):
    """The state of the layers, and the latent before, (B, Z)."""

    state: State
    z: Array


class Context(NamedTuple):
    """d_t (B, H), the state that goes with it, and the latent before, (B, Z)."""

    d: Array
    state: State
    z: Array


class SRNNModel(StepwiseModel):
    """See above."""

    @classmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        size, width = settings.latent.size, settings.embedding_width
        decoder = stack_of("decoder", settings, width)
        H = decoder.width
        encoder = guesser_of("encoder", settings, H + width)
        forcing = {"foretold": Hidden("foretold", size, H, encoder.width)} if settings.latent.z_forcing else {}
        return {
            "embedding": Table("embedding", vocab_size, width),
            "decoder": decoder,
            "encoder": encoder,
            "prior": Hidden("prior", size + H, H, 2 * size, SMALL),
            "posterior": Hidden("posterior", size + encoder.width, H, 2 * size, SMALL),
            **forcing,
            "output": Affine("output", size + H, H),
            "head": head_part(H, vocab_size),
        }

    def carried(self, rows: int) -> Carried:
        like = self.parameters["head.bias"]
        state = self.part["decoder"].fresh(self.parameters, rows)
        return Carried(state, zeros((rows, self.settings.latent.size), like))

    def outputs(self, lines: Lines, recurrence: Recurrence, dropout: Dropout) -> Array:
        """d (T, B, H) of whole lines."""
        decoder, rows = self.part["decoder"], lines.before.shape[1]
        fresh = decoder.fresh(self.parameters, rows)
        found: Array = decoder.run(self.parameters, self.embed(lines.before), fresh, recurrence, dropout)
        return found

    def guide(self, lines: Lines, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout) -> Array:
        return self._guide_from(self.outputs(lines, recurrence, dropout), lines, recurrence, dropout)

    def _guide_from(self, d: Array, lines: Lines, recurrence: Recurrence, dropout: Dropout) -> Array:
        encoder, rows = self.part["encoder"], lines.symbols.shape[1]
        x = backwards(concatenate([d, self.embed(lines.symbols)]), lines)
        fresh = encoder.fresh(self.parameters, rows)
        return backwards(encoder.run(self.parameters, x, fresh, recurrence, dropout), lines)

    def context(self, ids: Array, carried: Any, advance: Step) -> Context:
        d, state = advance(self.embed(ids), carried.state)
        return Context(d, state, carried.z)

    def prior(self, context: Any) -> Normal:
        return normal_of(self.affine("prior", concatenate([context.z, context.d])))

    def posterior(self, context: Any, guide: Array) -> Normal:
        return normal_of(self.affine("posterior", concatenate([context.z, guide])))

    def emit(self, context: Any, z: Array, advance: Step) -> tuple[Array, Carried]:
        return self.logits(z, context.d), Carried(context.state, z)

    def logits(self, z: Array, d: Array) -> Array:
        """(..., V) from z (..., Z) and d (..., H)."""
        return self.head(tanh(self.affine("output", concatenate([z, d]))))

    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        """Whole lines at once, but for the chain of latents: the same as one place after another."""
        d = self.outputs(lines, recurrence, dropout)
        guide = self._guide_from(d, lines, recurrence, dropout)
        z = zeros((d.shape[1], self.settings.latent.size), d)
        chain: list[tuple[Array, ...]] = []
        for d_t, guide_t, noise_t in zip(d, guide, noise, strict=True):
            context = Context(d_t, (), z)
            p, q = self.prior(context), self.posterior(context, guide_t)
            z = draw(q, noise_t)
            chain.append((*q, *p, z))
        q_mean, q_scale, p_mean, p_scale, zs = map(stack, zip(*chain, strict=True))
        q, p = Normal(q_mean, q_scale), Normal(p_mean, p_scale)
        return reading_of(self.logits(zs, d), lines, q, p, zs, lines.there, self._forcing(guide, zs, lines))

    def _forcing(self, guide: Array, z: Array, lines: Lines) -> Array | float:
        """What Z-forcing adds to the loss, in nats."""
        weight = self.settings.latent.z_forcing
        if not weight:
            return 0.0
        wanted = guide if not hasattr(guide, "detach") else guide.detach()
        foretold = self.affine("foretold", z)
        return -weight * (log_density(Normal(foretold, zeros(tuple(foretold.shape), z)), wanted) * lines.there).sum()
