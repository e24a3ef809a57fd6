"""Where a kernel finds and puts the values of a step: nodes as places in the arrays of kernels/window.h.

The C refers to variables that graphs/c_kernel.py defines for one row and one vector of units: `at` is their place in an
array of one block, `u` the first unit; projected, kept, columns and carried point to their place in those arrays.
"""

from __future__ import annotations

from collections.abc import Iterable

from charlm.graphs.nodes import Node
from charlm.graphs.stages import KernelPlan, Stage

NEXT = " + B * H"  # from a state before the step to that after it
OWN = "(row + r) * H + u"  # in an array of one step


class Places:
    """The places of one plan."""

    def __init__(self, plan: KernelPlan) -> None:
        self._plan = plan
        self._sources = [reading.source for reading in plan.readings]

    def forward(self, stages: Iterable[Stage], each: Node) -> str | None:
        """The C that loads a node in the forward pass, after some stages; None if it must be computed."""
        if leaf := self._leaf(each):
            return leaf
        stored = any(each in stage.results for stage in stages)
        return self._stored(each) if stored else None

    def backward(self, stages: Iterable[Stage], each: Node) -> str | None:
        """The same in the backward pass, after some of its stages."""
        if any(each in stage.results for stage in stages) and each in self._plan.carried:
            return f"load_floats(carried + {self._plan.carried.index(each)} * H)"
        match each.op:
            case "d_output":
                return "NAME(load)(w->d_output + at)"
            case "d_state":
                field = str(each.key[0])
                given = f"load_floats(w->d_states[{self._plan.fields.index(field)}] + {OWN})"
                return given + (" + load_if(w->d_memory, at)" if field == self._plan.graph.memory else "")
            case _:
                return self._leaf(each) or self._stored(each)

    def stores_forward(self, each: Node) -> list[str]:
        """Where the forward pass puts a node, as the beginnings of calls."""
        plan, found = self._plan, []
        if each in plan.kept:
            found.append(f"if (w->kept) NAME(store)(kept + {plan.kept.index(each)} * H")
        if each in self._sources:
            found.append(f"NAME(store)(w->inputs[{self._sources.index(each)}] + at")
        for number, (field, after) in enumerate(plan.graph.after.items()):
            if after is each and field in plan.pointwise:
                found.append(f"store_floats(w->states[{number}] + at{NEXT}")
            if after is each and (reading := plan.reading_of(field)) is not None:
                found.append(f"NAME(store)(w->inputs[{reading}] + at{NEXT}")
        if each is plan.graph.output and plan.output_reading() is None:
            found.append("if (w->output) NAME(store)(w->output + at")
        return found

    def stores_backward(self, each: Node) -> list[str]:
        """Where the backward pass puts a node."""
        plan, gradient = self._plan, self._plan.gradient
        found = [f"NAME(store)(columns + {n} * H" for n, column in enumerate(gradient.columns()) if column is each]
        found += [
            f"store_floats(w->d_states[{number}] + {OWN}"
            for number, field in enumerate(plan.fields)
            if gradient.before[field] is each
        ]
        if gradient.below is each:
            found.append("store_floats(w->d_below + at")
        if each in plan.carried:
            found.append(f"store_floats(carried + {plan.carried.index(each)} * H")
        return found

    def _leaf(self, each: Node) -> str | None:
        match each.op:
            case "projected":
                return f"NAME(load)(projected + {each.key[0]} * H)"
            case "below":
                return "load_floats(w->below + at)"
            case "vector":
                return f"load_floats(w->vectors + {self._plan.vectors.index(each)} * H + u)"
            case "state":
                return self._state(str(each.key[0]), "")
            case _:
                return None

    def _state(self, field: str, step: str) -> str:
        reading = self._plan.reading_of(field)
        if field in self._plan.pointwise or reading is None:
            return f"load_floats(w->states[{self._plan.fields.index(field)}] + at{step})"
        return f"NAME(load)(w->inputs[{reading}] + at{step})"

    def _stored(self, each: Node) -> str | None:
        """What the forward pass stored of a node."""
        if each in self._plan.kept:
            return f"NAME(load)(kept + {self._plan.kept.index(each)} * H)"
        if each in self._sources:
            return f"NAME(load)(w->inputs[{self._sources.index(each)}] + at)"
        for field, after in self._plan.graph.after.items():
            if after is each:
                return self._state(field, NEXT)
        return None
