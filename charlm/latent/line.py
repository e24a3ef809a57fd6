"""One latent a line (Bowman et al. 2016, Generating Sentences from a Continuous Space).

    g = last output of an encoder that reads the line
    q(z) = N(f_q(g)), p(z) = N(0, 1)
    h_0 = tanh(W z) in each layer of the decoder
    h_t = cell([e_(t-1); z], h_(t-1)), p(x_t) = softmax(W_o h_t + b)

While it trains, some symbols that the decoder reads are replaced by one that says nothing (row V of the embedding):
what it may not see, it has to learn from z. Knows no training. Shape letters: T time, B rows, V symbols, Z units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, concatenate, lookup, tanh
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines, last_of_each
from charlm.latent.model import Dropout, Noise, Reading, WholeLineModel, Writing, head_part, reading_of
from charlm.latent.normal import Normal, draw, normal_of, standard_normal
from charlm.latent.parts import SMALL, Affine, Part, Stack, Table, guesser_of, repeated, stack_of
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer
from charlm.model.state import State

START = "h"  # the field of a layer's state that starts from z, if it has one of this name


class Written(NamedTuple):
    """The state of lines that are written: that of the decoder, and z (B, Z), which it reads at every step."""

    state: State
    z: Array


class LineModel(WholeLineModel):
    """See above."""

    @classmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        size, width = settings.latent.size, settings.embedding_width
        encoder = guesser_of("encoder", settings, width)
        decoder = stack_of("decoder", settings, width + size)
        starts = {
            f"start_l{number}": Affine(f"start_l{number}", size, decoder.layers[number].hidden_size, SMALL)
            for number in _started(decoder)
        }
        return {
            "embedding": Table("embedding", vocab_size + 1, width),
            "encoder": encoder,
            "posterior": Affine("posterior", encoder.width, 2 * size, SMALL),
            "decoder": decoder,
            **starts,
            "head": head_part(decoder.width, vocab_size),
        }

    def latents(self, steps: int) -> int:
        return 1

    def embed(self, ids: Array) -> Array:
        """(...) ids to vectors (..., E)."""
        return lookup(self.parameters["embedding.weight"], ids)

    def posterior(self, lines: Lines, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout) -> Normal:
        """(B, Z) what the encoder makes of each line."""
        encoder, rows = self.part["encoder"], lines.symbols.shape[1]
        fresh = encoder.fresh(self.parameters, rows)
        outputs = encoder.run(self.parameters, self.embed(lines.symbols), fresh, recurrence, dropout)
        return normal_of(self.affine("posterior", last_of_each(outputs, lines)))

    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        q = self.posterior(lines, recurrence, dropout)
        p = standard_normal(tuple(q.mean.shape), q.mean)
        z = draw(q, noise[0])
        x = concatenate([self.embed(lines.before), repeated(z, lines.before.shape[0])])
        outputs = self.part["decoder"].run(self.parameters, x, self.start(z), recurrence, dropout)
        one = Normal(q.mean[None], q.log_scale[None])
        prior, real = Normal(p.mean[None], p.log_scale[None]), lines.there[:1]  # a line has a first symbol
        return reading_of(self.head(outputs), lines, one, prior, z[None], real)

    def start(self, z: Array) -> State:
        """The state of the decoder before the first symbol, from z (B, Z)."""
        decoder = self.part["decoder"]
        state = list(decoder.fresh(self.parameters, z.shape[0]))
        for number in _started(decoder):
            state[number] = state[number]._replace(**{START: tanh(self.affine(f"start_l{number}", z))})
        return tuple(state)

    def begin(self, rows: int, noise: Noise) -> Written:
        return self.begin_from(noise((rows, self.settings.latent.size))[None])

    def begin_from(self, z: Array) -> Written:
        return Written(self.start(z[0]), z[0])

    def stepping(self) -> Writing:
        advance = self.part["decoder"].stepper(self.parameters, no_dropout)

        def step(ids: Array, state: Any, noise: Noise) -> tuple[Array, Written]:
            output, after = advance(concatenate([self.embed(ids), state.z]), state.state)
            return self.head(output), Written(after, state.z)

        return step


def _started(decoder: Stack) -> list[int]:
    """The numbers of the layers whose state has the field that starts from z, as wide as the layer."""
    widths = [layer.cell.state_widths(layer.input_size, layer.hidden_size).get(START) for layer in decoder.layers]
    return [number for number, layer in enumerate(decoder.layers) if widths[number] == layer.hidden_size]
