"""charlm.graphs.stages: what a kernel stores when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from charlm.cells.arrays import sigmoid, split, tanh
from charlm.cells.cell import Cell
from charlm.graphs.c_stream import stream_source
from charlm.graphs.derived import kernel_name, source_of, table_forms
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import trace


class State(NamedTuple):
    a: Any
    b: Any


@dataclass(frozen=True)
class Late(Cell):
    """The new `a` is there after the first products, and the old one is read after the second."""

    TITLE, PAPER, STATE = "Late", "None", State

    def shapes(self, input_size, hidden_size, below=False):
        return {"weight_ih": (2 * hidden_size, input_size), "weight_hh": (2 * hidden_size, hidden_size)}

    def project(self, weights, x):
        return x @ weights["weight_ih"].T

    def step(self, weights, projected, state, below=None):
        p, q = split(projected, 2)
        u, v = weights["weight_hh"][: p.shape[-1]], weights["weight_hh"][p.shape[-1] :]
        a = tanh(p + state.b @ u.T)
        b = sigmoid(q + (a * state.b) @ v.T) * state.a
        return b, State(a, b), {}


@pytest.mark.parametrize(("cell", "below"), [(Late(), False), *table_forms()], ids=str)
def test_a_step_in_place_stores_the_new_state_in_its_last_stage(cell, below):
    """Before that, a stage may have to read the old one."""
    plan = plan_kernel(trace(cell, below))
    name, last = "cell", len(plan.stream) - 1
    assert {*plan.graph.after.values()} <= {*plan.stream[last].results}
    stages = stream_source(name, plan).split(f"static void NAME({name}_stream_")[1:]
    stored = [stage.count("store_floats(l->new_states[") for stage in stages]
    assert stored == [0] * last + [len(plan.graph.after)]


def test_a_new_state_that_a_later_stage_reads_is_kept_for_it():
    plan = plan_kernel(trace(Late(), False))
    assert len(plan.stream) == 2
    assert plan.graph.after["a"] in plan.crossing


@pytest.mark.parametrize(("cell", "below"), list(table_forms()), ids=str)
def test_old_states_are_loaded_before_new_ones_are_stored(cell, below):
    """In every stage: of a stream's state, and of the gradients of a window. Both may be in one place."""
    plan = plan_kernel(trace(cell, below))
    both = stream_source("cell", plan) + source_of(cell, below).replace(kernel_name(plan.graph), "cell")
    assert "d_states[" in both
    window = [(f"load_{ending}(w->d_states[", f"store_{ending}(w->d_states[") for ending in ("floats", "some")]
    for old, new in (("(l->states[", "(l->new_states["), *window):
        for stage in re.split(r"(?:static|INLINE) void NAME\(cell_", both):
            lines = stage.splitlines()
            loads = [number for number, line in enumerate(lines) if old in line]
            stores = [number for number, line in enumerate(lines) if new in line]
            assert not loads or not stores or max(loads) < min(stores)
