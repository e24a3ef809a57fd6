"""The graph of a step is what the step computes; a cell for which that cannot hold is refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
from traced import TRACED

from charlm.cells.arrays import concatenate, sigmoid, softmax, tanh, zeros
from charlm.cells.rnn import RNN
from charlm.cells.rnn import State as RNNState
from charlm.cells.table import CELLS, build_cell
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.tracing import trace, trace_problem


def test_the_cells_of_the_table_can_be_traced_unless_their_state_is_wider_than_the_layer():
    refused = {name: problem for name in CELLS if (problem := trace_problem(build_cell(name, {})))}
    assert refused.keys() == {name for name in CELLS if set(build_cell(name, {}).state_widths(16, 16).values()) != {16}}
    assert {"matrix_lstm", "gated_delta"} <= refused.keys()
    assert all("another number of values than the layer has units" in problem for problem in refused.values())


@pytest.mark.parametrize("name", TRACED)
def test_a_graph_has_the_gates_of_its_cell(name):
    cell = build_cell(name, {})
    assert trace_problem(cell, cell.READS_BELOW) is None
    assert set(trace(cell, cell.READS_BELOW).gates) == set(cell.GATES)
    assert trace(cell) is trace(build_cell(name, {}))


def test_the_graph_of_a_small_cell():
    graph = trace(build_cell("rnn", {}))
    assert repr(graph.output) == "tanh(add(projected(0), product('weight_hh', 0, 0, state('h'))))"
    assert graph.after == {"h": graph.output}
    assert (graph.projected, graph.reads_below, graph.memory, graph.fixed) == (1, False, None, frozenset())
    assert graph.shapes == {"weight_hh": (1, 1)}
    assert [each.key for each in graph.products()] == [("weight_hh", 0, 0)]


def test_the_options_that_shape_a_cell_give_graphs_of_their_own():
    first, usual = (trace(build_cell("gru", {"first_form": form})) for form in (True, False))
    assert first.output is not usual.output
    assert [each.args[0].op for each in first.products()] == ["state", "state", "multiply"]
    assert [each.args[0].op for each in usual.products()] == ["state"] * 3
    alone, above = (trace(build_cell("grid", {}), below) for below in (False, True))
    assert (alone.projected, above.projected) == (7, 8)


def test_a_weight_that_does_not_depend_on_the_learned_ones_is_fixed():
    assert trace(build_cell("clockwork", {})).fixed == {"ticks", "half", "end"}


def test_a_weight_that_learned_ones_only_seldom_change_is_not_fixed():
    """The difference between ones and zeros does not show it: w (1 - w) is 0 for both."""

    class Curved(RNN):
        def step_weights(self, weights):
            return {**weights, "curved": weights["bias_hh"] * (1 - weights["bias_hh"])}

        def step(self, weights, projected, state, below=None):
            h = tanh(projected + weights["curved"] * state.h)
            return h, RNNState(h), {}

    assert trace(Curved()).fixed == frozenset()


@dataclass(frozen=True)
class Faulty(RNN):
    """A cell whose step ends in a given way."""

    way: str = ""

    def shapes(self, input_size, hidden_size, below=False):
        return {**super().shapes(input_size, hidden_size, below), "odd": (hidden_size + 1,)}

    def step(self, weights, projected, state, below=None):
        h = WAYS[self.way][0](weights, tanh(projected + state.h @ weights["weight_hh"].T))
        after = {"state": {"h": h}, "other fields": Other(h)}.get(self.way, RNNState(h))
        return h, after, {}


class Other(NamedTuple):
    x: object


WAYS = {
    "softmax": (lambda weights, h: softmax(h), "softmax"),
    "width": (lambda weights, h: h / h.shape[-1] ** 0.5, "a number that depends on the number of units or rows"),
    "rows": (lambda weights, h: h * h.shape[0], "a number that depends on the number of units or rows"),
    "odd": (lambda weights, h: h + weights["odd"], "odd gives 17 numbers for 16 units"),
    "no weight": (lambda weights, h: h + weights["absent"], "'absent'"),
    "wide": (lambda weights, h: concatenate([h, h]), "the output is not one block"),
    "no rows": (lambda weights, h: sigmoid(weights["bias_hh"]), "the output is not one block"),
    "number": (lambda weights, h: 0.5, "the output is not one block"),
    "zeros": (lambda weights, h: zeros(h.shape, h), "new_zeros"),
    "decision": (lambda weights, h: h if h > 0 else -h, "a decision on the values of an array"),
    "state": (lambda weights, h: h, "_asdict"),
    "other fields": (lambda weights, h: h, "a state of x after one of h"),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_traced_says_why(way):
    assert WAYS[way][1] in trace_problem(Faulty(way=way))
    with pytest.raises(UntraceableError):
        trace(Faulty(way=way))


def test_a_projection_that_is_no_whole_number_of_blocks_is_refused():
    class Narrow(RNN):
        def project(self, weights, x):
            return np.zeros((*x.shape[:-1], 3))

    assert "project gives 3 numbers for 16 units" in trace_problem(Narrow())


def test_a_cell_of_a_single_size_is_refused():
    class Single(RNN):
        def size_problem(self, hidden_size):
            return None if hidden_size == 32 else "must be 32"

    assert "fewer than two sizes" in trace_problem(Single())
