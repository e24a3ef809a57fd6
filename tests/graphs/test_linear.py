"""charlm.graphs.linear: which steps are linear in their state, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from traced import TRACED

from charlm.cells.arrays import sigmoid, split, tanh, where
from charlm.cells.cell import Cell
from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import linear_scan
from charlm.graphs.linear import linear_parts
from charlm.graphs.tracing import trace

T, B, I, H = 9, 3, 4, 16  # noqa: E741
LINEAR = {"qrnn", "rg_lru", "min_gru", "min_lstm"}


class State(NamedTuple):
    """Three parts: the second reads the first before the step, the third both."""

    a: Any
    b: Any
    c: Any


@dataclass(frozen=True)
class Mixture(Cell):
    """Every operation that keeps a step linear: sums, differences, products, quotients, choices, signs."""

    TITLE, PAPER, STATE = "Mixture", "None", State

    def shapes(self, input_size, hidden_size, below=False):
        return {"weight_ih": (4 * hidden_size, input_size), "bias": (4 * hidden_size,), "scale": (hidden_size,)}

    def step(self, weights, projected, state, below=None):
        p, q, r, s = split(projected, 4)
        a = where(p < 0.3, sigmoid(q) * state.a - r, -(state.a / (2 + tanh(r))))
        b = 0.5 * state.b - state.b * sigmoid(state.a) + (s - state.a) * weights["scale"]
        c = (tanh(state.b) * (state.c + q)) / (1.5 + sigmoid(state.a)) + where(state.a > 0, p, 0 * p)
        return tanh(c) * b + state.c, State(a, b, c), {}


@dataclass(frozen=True)
class Squared(Mixture):
    """The state times itself."""

    def step(self, weights, projected, state, below=None):
        output, (a, b, c), _ = super().step(weights, projected, state)
        return output, State(a * state.a, b, c), {}


@dataclass(frozen=True)
class Crossed(Mixture):
    """Two parts that read each other."""

    def step(self, weights, projected, state, below=None):
        p, *_ = split(projected, 4)
        return p, State(0.5 * state.b, 0.5 * state.a, p), {}


@dataclass(frozen=True)
class Chosen(Mixture):
    """A choice by the state itself."""

    def step(self, weights, projected, state, below=None):
        p, *_ = split(projected, 4)
        a = where(state.a > 0, 0.5 * state.a, p)
        return p, State(a, p, p), {}


@pytest.mark.parametrize("name", TRACED)
def test_which_cells_are_linear_in_their_state(name):
    assert (linear_parts(trace(build_cell(name, {}), False)) is not None) is (name in LINEAR)


def test_the_parts_come_after_those_that_they_read():
    assert [part.field for part in linear_parts(trace(Mixture(), False))] == ["a", "b", "c"]


@pytest.mark.parametrize("cell", [Squared(), Crossed(), Chosen()], ids=str)
def test_what_is_not_linear_is_not_taken_for_it(cell):
    assert linear_parts(trace(cell, False)) is None
    assert not linear_scan.can_run(cell, False)


def test_every_linear_operation_equals_the_definition():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((T, B, I)), *(rng.standard_normal((B, H)) for _ in State._fields)]
    values = {name: rng.standard_normal(shape) for name, shape in Mixture().shapes(I, H).items()}
    results = []
    for run in (unroll, linear_scan.run):
        x, *state = given = [torch.tensor(each, requires_grad=True) for each in arrays]
        weights = {name: torch.tensor(each, requires_grad=True) for name, each in values.items()}
        outputs, _, after = run(Mixture(), weights, x, State(*state))
        loss = sum((each * torch.cos(torch.arange(each.numel())).view_as(each)).sum() for each in (outputs, *after))
        results.append([outputs, *after, *torch.autograd.grad(loss, [*given, *weights.values()])])
    for defined, scanned in zip(*results, strict=True):
        torch.testing.assert_close(scanned, defined, rtol=1e-10, atol=1e-10)
