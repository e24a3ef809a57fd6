"""DRAW (Gregor et al. 2015, DRAW: A Recurrent Neural Network For Image Generation), for lines: painted in rounds.

The canvas c (N x V) has the logits of each place of a line. x is the line, one-hot. In each round, beginning from a
canvas that is the same in all places:

    x_hat = x - softmax(c)                              what is still wrong
    r = intensity [F x; F x_hat]                        a look at P places, through a filter F (P x N)
    h_enc = cell([r; h_dec], h_enc), q(z) = N(W h_enc), p(z) = N(0, 1)
    h_dec = cell(z, h_dec)
    c = c + F'^T (W h_dec as P x V) / intensity'        a stroke on P places, through a filter of its own

A filter is four numbers of h_dec: centre, step, variance and intensity. Row i is a normal of this variance over the
places, around centre + (i - P/2 - 1/2) step. At the end, p(x) = product of softmax(c) at the line's places: letters do
not see each other, only the canvas, so such a model is well behind one that writes letter by letter.

Shape letters: T time, B rows, N places, P places of a filter, V symbols, H hidden, Z units, S rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, arange, concatenate, exp, softmax, stack, transpose, zeros
from charlm.config.settings import ModelSettings
from charlm.latent.lines import Lines
from charlm.latent.model import Dropout, Noise, Reading, WholeLineModel, Writing, reading_of
from charlm.latent.normal import Normal, draw, normal_of, standard_normal
from charlm.latent.parts import SMALL, Affine, Bias, Part, guesser_of, stack_of
from charlm.model.language_model import no_dropout
from charlm.model.stack import Recurrence, unroll_layer

LOOK = 4  # numbers that a filter is made from


class Round(NamedTuple):
    """What a round was: the prior and posterior (B, Z), the draw (B, Z), the canvas after it (B, N, V)."""

    q: Normal
    p: Normal
    z: Array
    canvas: Array


class Painted(NamedTuple):
    """The state of lines that are written from a canvas (B, N, V): the next place is the one at `place`."""

    canvas: Array
    place: int


class DrawModel(WholeLineModel):
    """See above."""

    @classmethod
    def parts(cls, settings: ModelSettings, vocab_size: int) -> Mapping[str, Part]:
        latent = settings.latent
        decoder = stack_of("decoder", settings, latent.size)
        H, seen = decoder.width, latent.patch * vocab_size
        encoder = guesser_of("encoder", settings, 2 * seen + H)
        return {
            "look": Affine("look", H, LOOK),
            "encoder": encoder,
            "posterior": Affine("posterior", encoder.width, 2 * latent.size, SMALL),
            "decoder": decoder,
            "aim": Affine("aim", H, LOOK),
            "stroke": Affine("stroke", H, seen),
            "head": Bias("head", vocab_size),
        }

    @property
    def longest(self) -> int:
        return self.settings.latent.canvas

    def latents(self, steps: int) -> int:
        return self.settings.latent.rounds

    def read(
        self, lines: Lines, noise: Array, recurrence: Recurrence = unroll_layer, dropout: Dropout = no_dropout
    ) -> Reading:
        rounds = list(self.rounds(lines.symbols.shape[1], lambda number: noise[number], lines, dropout))
        logits = transpose(rounds[-1].canvas, (1, 0, 2))[: lines.symbols.shape[0]]
        q, p = (Normal(*map(stack, zip(*found, strict=True))) for found in zip(*(r[:2] for r in rounds), strict=True))
        z = stack([each.z for each in rounds])
        real = lines.there[:1] + zeros((len(rounds), 1), z)
        return reading_of(logits, lines, q, p, z, real)

    def rounds(
        self,
        rows: int,
        noise: Callable[[int], Array],
        lines: Lines | None = None,
        dropout: Dropout = no_dropout,
    ) -> Iterator[Round]:
        """Paint: with lines, what they look like to the model; without, what comes to its mind.

        `noise` gives (B, Z) for the number of a round.
        """
        latent, like = self.settings.latent, self.parameters["head.bias"]
        encoder, decoder = self.part["encoder"], self.part["decoder"]
        look, paint = (each.stepper(self.parameters, dropout) for each in (encoder, decoder))
        seen, painted = encoder.fresh(self.parameters, rows), decoder.fresh(self.parameters, rows)
        h = zeros((rows, decoder.width), like)
        canvas = zeros((rows, latent.canvas, 1), like) + like
        x = None if lines is None else _one_hot(lines, latent.canvas, len(like))
        p = standard_normal((rows, latent.size), like)
        for number in range(latent.rounds):
            q = p
            if x is not None:
                filters, intensity = self._filter("look", h)
                wrong = x - softmax(canvas) * x.sum(-1)[..., None]  # no letter is wrong after the end of the line
                read = [intensity * (filters @ each) for each in (x, wrong)]
                told, seen = look(concatenate([*(each.reshape(rows, -1) for each in read), h]), seen)
                q = normal_of(self.affine("posterior", told))
            z = draw(q, noise(number))
            h, painted = paint(z, painted)
            filters, intensity = self._filter("aim", h)
            stroke = self.affine("stroke", h).reshape(rows, latent.patch, -1)
            canvas = canvas + transpose(filters, (0, 2, 1)) @ stroke / intensity
            yield Round(q, p, z, canvas)

    def _filter(self, name: str, h: Array) -> tuple[Array, Array]:
        """(B, H) to a filter (B, P, N) and its intensity (B, 1, 1)."""
        places, patch = self.settings.latent.canvas, self.settings.latent.patch
        values = self.affine(name, h)
        centre = (places + 1) * (values[:, 0:1] + 1) / 2
        step = (places - 1) / (patch - 1) * exp(values[:, 1:2].clip(-8, 8))
        middles = centre + step * (_numbers(patch, h) - (patch + 1) / 2)  # (B, P)
        apart = _numbers(places, h) - middles[..., None]  # (B, P, N)
        variance = exp(values[:, 2:3].clip(-8, 8))[..., None]
        bell = exp((-apart * apart / (2 * variance)).clip(-60, 0))
        return bell / (bell.sum(-1)[..., None] + 1e-8), exp(values[:, 3:4].clip(-8, 8))[..., None]

    def begin(self, rows: int, noise: Noise) -> Painted:
        shape = (rows, self.settings.latent.size)
        return self._painted(rows, lambda number: noise(shape))

    def begin_from(self, z: Array) -> Painted:
        return self._painted(z.shape[1], lambda number: z[number])

    def _painted(self, rows: int, noise: Callable[[int], Array]) -> Painted:
        *_, last = self.rounds(rows, noise)
        return Painted(last.canvas, 0)

    def stepping(self) -> Writing:
        def step(ids: Array, state: Any, noise: Noise) -> tuple[Array, Painted]:
            return state.canvas[:, state.place], Painted(state.canvas, state.place + 1)

        return step


def _numbers(count: int, like: Array) -> Array:
    """1, 2, ... up to `count`, in the dtype of `like`."""
    return (zeros((count,), like) + 1).cumsum(0)


def _one_hot(lines: Lines, places: int, symbols: int) -> Array:
    """(B, N, V) with a 1 for each symbol of a line; 0 alone where there is none."""
    found = (lines.symbols[..., None] == arange(symbols, lines.symbols)) * lines.there[..., None]
    missing = zeros((places - found.shape[0], *found.shape[1:]), lines.there)
    return transpose(concatenate([found, missing], axis=0), (1, 0, 2))
