"""The arrays that a derived kernel fills in a window: inputs of products, states, kept values. Knows no autograd.

Where a part of the state is read by products, the next step's input is this step's result, so both are one array. Shape
letters: T time, B rows, H hidden, N blocks of kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from charlm.engines.derived_kernel import DerivedKernel, even
from charlm.graphs.nodes import Node, node
from charlm.kernels import Window


class WindowArrays:
    """One window of some rows. With `keep`, what the backward pass needs is kept for all steps."""

    def __init__(self, kernel: DerivedKernel, steps: int, rows: int, units: int, keep: bool) -> None:
        plan, dtype = kernel.plan, kernel.dtype
        self._kernel, self._plan = kernel, plan
        self.steps, self.rows, self.units, self._keep = steps, rows, units, keep
        self._inputs = [
            torch.empty(steps + (reading.source.op == "state"), rows, units, dtype=dtype) for reading in plan.readings
        ]
        self._states: list[Tensor] = []
        for field in plan.fields:
            reading = plan.reading_of(field)
            if reading is not None and (dtype == kernel.sums or field not in plan.pointwise):
                self._states.append(self._inputs[reading])
            else:
                self._states.append(torch.empty(steps + 1, rows, units, dtype=kernel.sums))
        reading = plan.output_reading()
        self._output = torch.empty(steps, rows, units, dtype=dtype) if reading is None else self._inputs[reading][1:]
        needed = keep or len(plan.forward) > 1
        size = (steps if keep else 1, rows, len(plan.kept) * units)
        self._kept = torch.empty(size, dtype=dtype) if needed else None

    def begin(self, state: Sequence[Tensor]) -> None:
        """Set the state before the window."""
        for field, before, own in zip(self._plan.fields, state, self._states, strict=True):
            own[0] = before
            if (reading := self._plan.reading_of(field)) is not None:
                self._inputs[reading][0] = before

    def window(self, units: int, vectors: Tensor, below: Tensor | None) -> Window:
        """These arrays as the kernel takes them; `units` are those that are no filling."""
        window = Window(T=self.steps, B=self.rows, H=self.units, U=even(units), kept_steps=int(self._keep))
        self._kernel.point(window, "inputs", self._inputs)
        self._kernel.point(window, "states", self._states)
        window.output = self._output.data_ptr()
        window.kept = None if self._kept is None else self._kept.data_ptr()
        window.vectors = vectors.data_ptr()
        window.below = None if below is None else below.data_ptr()
        return window

    def outputs(self) -> Tensor:
        """(T, B, H). Another tensor of the same numbers: autograd would tie its own to these arrays, in a cycle."""
        return self._output.detach()

    def memories(self) -> Tensor | None:
        """The memory that the layer above may read, (T, B, H); None if the cell has none."""
        memory = self._plan.graph.memory
        return None if memory is None else self._states[self._plan.fields.index(memory)][1:]

    def last(self, field: str) -> Tensor:
        """The part of the state after the window, (B, H) float32."""
        return self._states[self._plan.fields.index(field)][-1].to(self._kernel.sums).clone()

    def read(self, reading: int) -> Tensor:
        """What the products of a reading read in every step, (T, B, H)."""
        return self._inputs[reading][: self.steps]

    def stored(self, each: Node, vectors: Tensor, below: Tensor | None) -> Tensor | None:
        """What is stored of a node for all steps, (T, B, H); None if it must be computed."""
        plan, H = self._plan, self.units
        if self._kept is not None and each in plan.kept:
            place = plan.kept.index(each)
            return self._kept[..., place * H : (place + 1) * H]
        if each.op == "vector":
            return vectors[plan.vectors.index(each)]
        if each.op == "below":
            return below
        for place, (field, after) in enumerate(plan.graph.after.items()):
            if each is node("state", key=(field,)):
                return self._states[place][:-1]
            if each is after:
                return self._states[place][1:]
        return next((self.read(n) for n, reading in enumerate(plan.readings) if reading.source is each), None)
