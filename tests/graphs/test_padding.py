"""Which steps may be padded with units of zeros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch

from charlm.cells.arrays import Array, exp, log, sqrt
from charlm.cells.cell import Cell
from charlm.engines.derived_kernel import kernel_for
from charlm.graphs.adjoints import differentiate
from charlm.graphs.padding import may_be_padded
from charlm.graphs.tracing import trace


class State(NamedTuple):
    h: Array


@dataclass(frozen=True)
class OneLine(Cell):
    """A cell whose new state is the product of its state, through `line`."""

    line: object = None
    TITLE, PAPER, STATE = "One line", "None", State

    def shapes(self, input_size, hidden_size, below=False):
        return {"weight_ih": (hidden_size, input_size), "weight_hh": (hidden_size, hidden_size), "bias": (hidden_size,)}

    def step(self, weights, projected, state, below=None):
        h = self.line(projected + state.h @ weights["weight_hh"].T)
        return h, State(h), {}


LINES = {
    "a quotient of one and more": (lambda x: x / (1 + x * x), True),
    "a power": (exp, True),
    "a logarithm of one and more": (lambda x: log(1 + x * x), True),
    "a quotient by zero": (lambda x: 1 / x, False),
    "zero by zero": (lambda x: x / x, False),
    "a logarithm of zero": (log, False),
    "a root, whose derivative at zero is infinite": (lambda x: sqrt(x * x), False),
}


@pytest.mark.parametrize("name", LINES)
def test_a_step_that_is_finite_at_zero_may_be_padded(name):
    line, finite = LINES[name]
    assert may_be_padded(differentiate(trace(OneLine(line)))) == finite


def test_a_state_that_grows_in_units_of_zeros_is_followed():
    @dataclass(frozen=True)
    class Growing(OneLine):
        def step(self, weights, projected, state, below=None):
            h = 2 * state.h + 1 + projected + state.h @ weights["weight_hh"].T
            return h, State(h), {}

    assert not may_be_padded(differentiate(trace(Growing())))


def test_a_cell_without_a_compiled_kernel_has_none_at_any_width():
    assert kernel_for(OneLine(LINES["a power"][0]), False, torch.zeros(1)) is None
