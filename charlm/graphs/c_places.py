"""Where a kernel finds and puts the values of a step: nodes as places in the arrays of kernels/window.h.

The C refers to variables that are defined for one row and one vector of units (graphs/c_stage.py, c_pointwise.py):
`at` is their place in an array of one block, `own` that in an array of one step, `u` the first unit; projected, kept,
columns and carried point to their place in those arrays, past to that in projected of the step before.
"""

from __future__ import annotations

from collections.abc import Iterable

from charlm.graphs.nodes import Node
from charlm.graphs.stages import KernelPlan, Stage

NEXT = " + B * H"  # from a state before the step to that after it


class Places:
    """The places of one plan. `count`: the C of how many numbers of the vector there are, if it may be fewer than W."""

    def __init__(self, plan: KernelPlan, count: str | None = None) -> None:
        self._plan, self._count = plan, count
        self._sources = [reading.source for reading in plan.readings]

    def floats(self, place: str) -> str:
        """The C that loads a vector from an array of floats."""
        return f"load_floats({place})" if self._count is None else f"load_some({place}, {self._count})"

    def real(self, place: str) -> str:
        """The same from an array in the number type of the products."""
        return f"NAME(load)({place})" if self._count is None else f"NAME(load_some)({place}, {self._count})"

    def store_floats(self, place: str) -> str:
        """The beginning of a call that stores a vector into an array of floats; the value is its last argument."""
        return f"store_floats({place}" if self._count is None else f"store_some({place}, {self._count}"

    def store_real(self, place: str) -> str:
        """The same into an array in the number type of the products."""
        return f"NAME(store)({place}" if self._count is None else f"NAME(store_some)({place}, {self._count}"

    def forward(self, stages: Iterable[Stage], each: Node) -> str | None:
        """The C that loads a node in the forward pass, after some stages; None if it must be computed."""
        if leaf := self._leaf(each):
            return leaf
        stored = any(each in stage.results for stage in stages)
        return self._stored(each) if stored else None

    def backward(self, stages: Iterable[Stage], each: Node) -> str | None:
        """The same in the backward pass, after some of its stages."""
        if any(each in stage.results for stage in stages) and each in self._plan.carried:
            return self.floats(f"carried + {self._plan.carried.index(each)} * H")
        match each.op:
            case "d_output":
                return self.real("w->d_output + flat * w->d_output_row + u")
            case "d_state":
                field = str(each.key[0])
                given = self.floats(f"w->d_states[{self._plan.fields.index(field)}] + own")
                return given + (f" + {self._memory()}" if field == self._plan.graph.memory else "")
            case _:
                return self._leaf(each) or self._stored(each)

    def stores_forward(self, each: Node) -> list[str]:
        """Where the forward pass puts a node, as the beginnings of calls."""
        plan, found = self._plan, []
        if each in plan.kept:
            found.append("if (w->kept) " + self.store_real(f"kept + {plan.kept.index(each)} * H"))
        if each in self._sources:
            found.append(self.store_real(f"w->inputs[{self._sources.index(each)}] + at"))
        for number, (field, after) in enumerate(plan.graph.after.items()):
            if after is each and field in plan.taken_over:
                found.append("if (t == w->T - 1) " + self.store_floats(f"w->states[{number}] + own{NEXT}"))
            elif after is each and field in plan.pointwise:
                found.append(self.store_floats(f"w->states[{number}] + at{NEXT}"))
            if after is each and (reading := plan.reading_of(field)) is not None:
                found.append(self.store_real(f"w->inputs[{reading}] + at{NEXT}"))
        if each is plan.graph.output and plan.output_reading() is None:
            found.append("if (w->output) " + self.store_real("w->output + at"))
        return found

    def stores_backward(self, each: Node) -> list[str]:
        """Where the backward pass puts a node."""
        plan, gradient = self._plan, self._plan.gradient
        found = [self.store_real(f"columns + {n} * H") for n, own in enumerate(gradient.columns()) if own is each]
        found += [
            self.store_floats(f"w->d_states[{number}] + own")
            for number, field in enumerate(plan.fields)
            if gradient.before[field] is each
        ]
        if gradient.below is each:
            found.append(self.store_floats("w->d_below + at"))
        if each in plan.carried:
            found.append(self.store_floats(f"carried + {plan.carried.index(each)} * H"))
        return found

    def _memory(self) -> str:
        """What the layer above gives back to the memory, if it read it."""
        return f"(w->d_memory ? {self.floats('w->d_memory + at')} : constant(0))"

    def _leaf(self, each: Node) -> str | None:
        match each.op:
            case "projected":
                return self.real(f"projected + {each.key[0]} * H")
            case "below":
                return self.floats("w->below + at")
            case "vector":
                return self.floats(f"w->vectors + {self._plan.vectors.index(each)} * H + u")
            case "state":
                return self._state(str(each.key[0]), "")
            case _:
                return None

    def _state(self, field: str, step: str) -> str:
        if (after := self._plan.taken_over.get(field)) is not None:
            value = f"constant({after.key[0]!r})" if after.op == "constant" else self.real(f"past + {after.key[0]} * H")
            return f"(t ? {value} : {self.floats(f'w->states[{self._plan.fields.index(field)}] + own')})"
        reading = self._plan.reading_of(field)
        if field in self._plan.pointwise or reading is None:
            return self.floats(f"w->states[{self._plan.fields.index(field)}] + at{step}")
        return self.real(f"w->inputs[{reading}] + at{step}")

    def _stored(self, each: Node) -> str | None:
        """What the forward pass stored of a node."""
        if each in self._plan.kept:
            return self.real(f"kept + {self._plan.kept.index(each)} * H")
        if each in self._sources:
            return self.real(f"w->inputs[{self._sources.index(each)}] + at")
        for field, after in self._plan.graph.after.items():
            if after is each:
                return self._state(field, NEXT)
        return None
