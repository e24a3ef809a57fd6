"""What a cell is: equations on arrays, with its options as the fields of a frozen dataclass. Knows no engine.

A cell holds no weights and no state; both are arguments. Shape letters: B rows, I input, H hidden, K projected.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import numpy as np

from charlm.cells.arrays import Array, linear, zeros
from charlm.cells.initial import initial_values
from charlm.cells.option import Option, option_of
from charlm.docstrings import module_docstring

Weights = Mapping[str, Array]
TorchKernel = Literal["lstm", "gru", "rnn_tanh"]


@dataclass(frozen=True)
class Cell(ABC):
    """One recurrent cell. A subclass states its equations in its file's docstring and defines the abstract methods."""

    TITLE: ClassVar[str]
    PAPER: ClassVar[str]  # authors, year, title
    FAMILY: ClassVar[str] = "of one's own"  # what it is listed under
    FORMS: ClassVar[tuple[Mapping[str, Any], ...]] = ()  # options that change `step`: forms that the laws hold for too
    GATES: ClassVar[tuple[str, ...]] = ()
    STATE: ClassVar[Any]  # a NamedTuple of arrays, (B, H) each if `state_widths` says nothing else
    MEMORY: ClassVar[str | None] = None  # the part of the state that the layer above may read
    HEADS: ClassVar[bool] = False  # whether it has a memory with places, which heads read and write (`addresses`)
    READS_BELOW: ClassVar[bool] = False  # whether it reads the memory of the layer below
    CHUNK: ClassVar[int] = 0  # how many steps `chunk` is to compute at once; 0 for a cell without it

    @abstractmethod
    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        """The shape of each weight of a layer, by name; `below`: the layer reads the memory of a layer below it."""

    def project(self, weights: Weights, x: Array) -> Array:
        """The part of the sums that depends on the input alone: (..., I) -> (..., K), here W x + b.

        It is computed for all time steps at once.
        """
        return linear(x, weights["weight_ih"], weights["bias"])

    @abstractmethod
    def step(
        self, weights: Weights, projected: Array, state: Any, below: Array | None = None
    ) -> tuple[Array, Any, dict[str, Array]]:
        """One time step: (B, K), the state and the memory below (B, H) -> output (B, H), new state, gates by name.

        A gate is (B, H). What is done with the arrays here is all that a fast form is made from (charlm/graphs).
        """

    def chunk(self, weights: Weights, projected: Array, state: Any) -> tuple[Array, Any]:
        """Some steps at once, in products of matrices: (T, B, K) and the state -> outputs (T, B, H), the new state.

        It gives what `step` gives T times, up to rounding. A cell that has it says in CHUNK how many steps suit it.
        """
        raise NotImplementedError(f"{type(self).__name__} computes one step after the other")

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        """The weights of a new layer, float32."""
        return {
            name: initial_values(rng, name, shape)
            for name, shape in self.shapes(input_size, hidden_size, below).items()
        }

    def state_widths(self, input_size: int, hidden_size: int) -> dict[str, int]:
        """How many numbers each part of the state has in a row, by the names of STATE. A memory that goes up has H."""
        return dict.fromkeys(self.STATE._fields, hidden_size)

    def fresh_state(self, rows: int, input_size: int, hidden_size: int, like: Array) -> Any:
        """The state before the first symbol: zeros, with the dtype and device of another array.

        A cell that begins with other values keeps the difference from them, so that every row can be reset to zeros.
        """
        widths = self.state_widths(input_size, hidden_size)
        return self.STATE(**{name: zeros((rows, width), like) for name, width in widths.items()})

    def addresses(self, weights: Weights, state: Any) -> dict[str, Array]:
        """The share of each place of the memory in what each head reads or writes, by the head's name: (..., N).

        The weights are those of `step_weights`, the state is any with parts (..., width). Empty without such a memory.
        """
        return {}

    def step_weights(self, weights: Weights) -> Weights:
        """The weights as `step` reads them, computed once a sequence from the learned ones; for most cells the same."""
        return weights

    def size_problem(self, hidden_size: int) -> str | None:
        """What is wrong with that size, in words that follow the name of the setting; None if nothing is."""
        return None

    @property
    def torch_kernel(self) -> TorchKernel | None:
        """The recurrent kernel of torch that computes this cell, by its name in torch; None if there is none."""
        return None

    def kernel_weights(self, weights: Weights) -> Weights:
        """The weights as that kernel takes them: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`."""
        return weights

    @classmethod
    def options(cls) -> dict[str, Option]:
        """The options of the cell, by name."""
        return {each.name: option_of(each) for each in fields(cls)}

    @classmethod
    def forms(cls) -> dict[str, Mapping[str, Any]]:
        """The forms that a step has, by what makes them: the default, each value of an option of few, and FORMS."""
        few = [{name: value} for name, each in cls.options().items() for value in each.forms()]
        return {
            ", ".join(f"{k} {v}".removesuffix(" True") for k, v in given.items()): given
            for given in ({}, *few, *cls.FORMS)
        }

    @classmethod
    def equations(cls) -> str:
        """The docstring of the cell's file, also under `python -OO`."""
        return module_docstring(cls.__module__) or f"{cls.TITLE}. Its equations are in {cls.__module__}."
