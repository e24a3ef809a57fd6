"""A memory of places that heads read and write: what one step makes of it. Knows no controller and no cell.

Shape letters: B rows, N places, D numbers in a place, A heads, R of them reading, W writing, S shifts, P numbers asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.addressing import weightings
from charlm.cells.arrays import Array, add_product, sigmoid, softmax, softplus, tanh

START = 1e-6  # of all numbers of the memory
LIMIT = 20.0  # of what is asked of the heads


class Asked(NamedTuple):
    """What is asked of the heads."""

    keys: Array  # (B, A, D)
    adds: Array  # (B, W, D)
    gates: Array  # (B, A, 1), 1 for the content and 0 for where the head was
    erases: Array  # (B, W, D)
    strengths: Array  # (B, A, 1)
    sharpness: Array  # (B, A, 1)
    shifts: Array  # (B, A, S)


@dataclass(frozen=True)
class PlaceMemory:
    """The sizes of a memory, and its step. The reading heads come before the writing ones."""

    places: int
    width: int
    reading: int
    writing: int
    reach: int  # places that a head can move by, in each direction: S = 2 reach + 1

    @property
    def heads(self) -> int:
        return self.reading + self.writing

    @property
    def cuts(self) -> tuple[int, int, int]:
        """Where the numbers for all heads are cut: those through a tanh, a sigmoid, a softplus, and the shifts."""
        tanhs = (self.heads + self.writing) * self.width
        sigmas = tanhs + self.heads + self.writing * self.width
        return tanhs, sigmas, sigmas + 2 * self.heads

    @property
    def numbers(self) -> int:
        """P."""
        return self.cuts[-1] + self.heads * (2 * self.reach + 1)

    def ask(self, numbers: Array) -> Asked:
        """What (B, P) numbers of any size ask of the heads."""
        rows, heads = numbers.shape[0], self.heads
        tanhs, sigmas, pluses = self.cuts
        numbers = numbers.clip(-LIMIT, LIMIT)
        bounded = tanh(numbers[:, :tanhs]).reshape(rows, heads + self.writing, self.width)
        opened = sigmoid(numbers[:, tanhs:sigmas])
        positive = softplus(numbers[:, sigmas:pluses])[..., None]
        return Asked(
            keys=bounded[:, :heads],
            adds=bounded[:, heads:],
            gates=opened[:, :heads, None],
            erases=opened[:, heads:].reshape(rows, self.writing, self.width),
            strengths=positive[:, :heads],
            sharpness=positive[:, heads:] + 1.0,
            shifts=softmax(numbers[:, pluses:].reshape(rows, heads, -1)),
        )

    def turn(self, numbers: Array, memory: Array, moved: Array, first: Array) -> tuple[Array, Array, Array]:
        """One step: numbers (B, P), the memory less START (B, D * N), the weightings less `first` (B, A * N), and
        `first` (A, N), the weightings at the start of a text.

        Gives what the memory and the weightings are after it, in the same form, and what was read (B, R * D).
        """
        rows, asked = numbers.shape[0], self.ask(numbers)
        written = memory.reshape(rows, self.width, self.places)
        now = written + START
        before = moved.reshape(rows, self.heads, self.places) + first
        after = weightings(now, asked.keys, asked.strengths, asked.gates, asked.shifts, asked.sharpness, before)
        read = after[:, : self.reading] @ now.swapaxes(-1, -2)
        for head in range(self.writing):
            now = written + START if head else now
            change = add_product(asked.adds[:, head, :, None], asked.erases[:, head, :, None], now, -1.0)
            written = add_product(written, after[:, self.reading + head, None, :], change)
        return written.reshape(rows, -1), read.reshape(rows, -1), (after - first).reshape(rows, -1)
