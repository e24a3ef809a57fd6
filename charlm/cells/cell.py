"""What a cell is: equations on arrays, with its options as the fields of a frozen dataclass.

A cell holds no weights and no state; both are passed in and come out. Shape letters: T time, B rows, I input, H hidden,
K projected.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.initial import start
from charlm.cells.option import Option, option_of

Weights = Mapping[str, Array]
TorchKernel = Literal["lstm", "gru", "rnn_tanh"]


@dataclass(frozen=True)
class Cell(ABC):
    """One recurrent cell. A subclass gives its equations in its file's docstring, and what is abstract here."""

    TITLE: ClassVar[str]
    PAPER: ClassVar[str]
    GATES: ClassVar[tuple[str, ...]] = ()
    STATE: ClassVar[Any]  # a NamedTuple of (B, H) arrays
    MEMORY: ClassVar[str | None] = None  # the part of the state that the layer above may read
    READS_BELOW: ClassVar[bool] = False  # whether it reads the memory of the layer below

    @abstractmethod
    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        """The weights of a layer by name; `below` says whether there is a layer below whose memory it reads."""

    def project(self, weights: Weights, x: Array) -> Array:
        """The input's part of all sums: (..., I) -> (..., K), for all time steps at once. Here W x + b."""
        return x @ weights["weight_ih"].T + weights["bias"]

    @abstractmethod
    def step(
        self, weights: Weights, projected: Array, state: Any, below: Array | None = None
    ) -> tuple[Array, Any, dict[str, Array]]:
        """One time step: (B, K), the state and the memory below (B, H) -> output (B, H), new state, inner values.

        The inner values are (B, H) by name: the gates, and what else a reader or a faster form wants to see.
        """

    def initial(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        """Weights to start from, float32."""
        return {name: start(rng, name, shape) for name, shape in self.shapes(input_size, hidden_size, below).items()}

    def ready(self, weights: Weights) -> Weights:
        """What a step reads, worked out once from what is learned; most cells read just that."""
        return weights

    def problem(self, hidden_size: int) -> str | None:
        """Why there cannot be a layer of that size, in words that follow `hidden_size`; None if there can."""
        return None

    @property
    def torch_kernel(self) -> TorchKernel | None:
        """The recurrent kernel of torch that computes this cell, by torch's name; None if there is none."""
        return None

    def kernel_weights(self, weights: Weights) -> Weights:
        """The cell's weights as that kernel takes them: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`."""
        return weights

    @classmethod
    def options(cls) -> dict[str, Option]:
        """What can be set about the cell, by name."""
        return {each.name: option_of(each) for each in fields(cls)}

    @classmethod
    def equations(cls) -> str:
        """The docstring of the cell's file."""
        return (sys.modules[cls.__module__].__doc__ or "").strip()
