"""One block of a text: its symbols, in rows that are coded side by side by one coder. Knows no files.

A block of N symbols is cut into rows of L symbols each, of which the last may be shorter. At each step the next symbol
of every row is coded, and then the bytes of those that are unknown. Rows side by side take little longer than one, and
each costs some bytes, as the model begins it without a past.

If the vocabulary has an unknown symbol, it says that an unknown character comes, and the model reads it. Otherwise, one
more symbol says so (escapes.py), and the model does not read it: the state is carried over as if the character were not
there.

Shape letters: N symbols of the block, B rows, L symbols of a row, V symbols of the vocabulary, S those that are coded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from charlm.compression.elementary import Floats
from charlm.compression.escapes import EscapeRates, Names
from charlm.compression.forecasting import Forecasting
from charlm.compression.integers import Weights, weights_of
from charlm.compression.range_coder import Decoder, Encoder
from charlm.compression.symbols import ESCAPED, Symbols

REPORTED = 256  # steps between two reports of how many symbols are coded

# What a direction does: the symbols (B,) at places (B,) of the block under weights (B, S), and one unknown one's name.
Take = Callable[[npt.NDArray[np.int64], Weights], npt.NDArray[np.int64]]
Name = Callable[[Names, int], None]


def rows_of(size: int, row_length: int) -> list[int]:
    """The lengths of the rows of a block of that many symbols: about `row_length` each, the longest first."""
    length = -(-size // max(1, size // row_length))
    return [min(length, size - start) for start in range(0, size, length)]


def encode_block(
    forecaster: Forecasting, unknown_id: int | None, symbols: Symbols, row_length: int, encoder: Encoder
) -> Iterator[tuple[int, float]]:
    """Give the symbols to the encoder. From time to time: how many were coded, and their information in bits."""
    names = _in_place(symbols)

    def take(places: npt.NDArray[np.int64], weights: Weights) -> npt.NDArray[np.int64]:
        found = symbols.ids[places]
        found[found == ESCAPED] = weights.shape[1] - 1 if unknown_id is None else unknown_id
        encoder.put(found, weights)
        return found

    def exchange(weights: Weights, symbol: int) -> int:
        encoder.put(np.array([symbol]), weights)
        return symbol

    def name(known: Names, place: int) -> None:
        known.exchange(exchange, names[place])

    yield from _code(forecaster, unknown_id, rows_of(len(symbols.ids), row_length), take, name)


def decode_block(
    forecaster: Forecasting, unknown_id: int | None, size: int, row_length: int, decoder: Decoder, found: Symbols
) -> Iterator[tuple[int, float]]:
    """Fill `found`, whose ids are (N,) and whose names are empty, with what the decoder has; gives the same reports.

    Raises IntegrityError if no encoder made its bytes.
    """
    names: dict[int, bytes] = {}
    escape = forecaster.symbols if unknown_id is None else unknown_id

    def take(places: npt.NDArray[np.int64], weights: Weights) -> npt.NDArray[np.int64]:
        taken = decoder.take(weights)
        found.ids[places] = np.where(taken == escape, ESCAPED, taken)
        return taken

    def name(known: Names, place: int) -> None:
        names[place] = known.exchange(lambda weights, _: int(decoder.take(weights)[0]))

    yield from _code(forecaster, unknown_id, rows_of(size, row_length), take, name)
    found.names.extend(names[place] for place in sorted(names))


def _in_place(symbols: Symbols) -> dict[int, bytes]:
    """The name of each unknown symbol, by its place in the block."""
    return dict(zip(np.flatnonzero(symbols.ids == ESCAPED).tolist(), symbols.names, strict=True))


def _code(
    forecaster: Forecasting, unknown_id: int | None, lengths: list[int], take: Take, name: Name
) -> Iterator[tuple[int, float]]:
    """The one order of all that is coded, for both directions."""
    rates, names = EscapeRates(), Names()
    rows, coded, bits = len(lengths), 0, 0.0
    starts = np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)
    escaped = np.zeros(rows, bool)
    forecast = forecaster.begin(rows)
    escape = forecaster.symbols if unknown_id is None else unknown_id
    for step in range(lengths[0]):
        if step == lengths[-1]:  # all rows but the last are equally long
            rows -= 1
            starts, escaped = starts[:rows], escaped[:rows]
            forecast.keep(rows)
        weights = weights_of(_with_escape(forecast.probabilities, rates.after(escaped), unknown_id))
        taken = take(starts + step, weights)
        bits += float((24 - np.log2(weights[np.arange(rows), taken] + 1.0)).sum())
        before, escaped = escaped, taken == escape
        rates.learn(before, escaped)
        for row in np.flatnonzero(escaped).tolist():
            name(names, int(starts[row]) + step)
        forecast.advance(np.where(escaped, -1, taken) if unknown_id is None else taken)
        coded += rows
        if step % REPORTED == REPORTED - 1:
            yield coded, bits
    yield coded, bits


def _with_escape(probabilities: Floats, rates: Floats, unknown_id: int | None) -> Floats:
    """Probabilities (B, V) and those of an escape (B,) -> (B, S), the escape last; without one, S = V."""
    if unknown_id is not None:
        return probabilities
    return np.concatenate([probabilities * (1 - rates[:, None]), rates[:, None]], axis=1)
