"""The arrays that a derived kernel fills in a window: inputs of products, states, kept values.

They are numpy's or torch's. Where a part of the state is read by products, the next step's input is this step's result,
so both are one array. Knows no torch and no autograd. Shape letters: T time, B rows, H hidden, N blocks of kept, P
products of an input.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence

from charlm.cells.arrays import Array
from charlm.engines.kernel_arrays import ArrayType, padded_matrix, padded_vectors
from charlm.graphs.c_kernel import repeats
from charlm.graphs.nodes import Node, node
from charlm.graphs.padding import may_be_padded
from charlm.graphs.stages import KernelPlan
from charlm.kernels import Packing, Window
from charlm.kernels.threads import TeamSize


def even(units: int) -> int:
    """The units that products read: a word of bfloat16 has two."""
    return units + units % 2


def width_of(plan: KernelPlan, units: int, vector: int) -> int:
    """The width of the arrays of a layer: products take whole vectors of units, so the layer is filled up to them."""
    return units + -units % vector if plan.mixes_units else units


def takes_width(plan: KernelPlan, units: int) -> bool:
    """Whether a layer may have that many units.

    Products read an even number of units. The last one is then a unit of zeros, which must give finite numbers.
    """
    return even(units) == units or not plan.mixes_units or may_be_padded(plan.gradient)


def run_on_team(
    units: Callable[[object], object], window: Window, plan: KernelPlan, team: TeamSize, threads: int
) -> bool:
    """Run a window by the function that divides units, if it has fewer rows than threads; gives whether it did."""
    if threads <= window.B or not plan.mixes_units:  # without products, threads divide the units in any case
        return False
    products = sum(len(reading.products) for reading in plan.readings)
    window.threads = team.threads(window.B * products * window.H**2, threads)
    if window.threads == 1:
        return False
    units(ctypes.byref(window))
    team.worked(window.threads, bool(window.contended))
    return True


class WindowWeights:
    """The weights that the step reads, in blocks of `width` units, of which the first `units` are the layer's."""

    def __init__(
        self, plan: KernelPlan, weights: Mapping[str, Array], units: int, width: int, arrays: ArrayType
    ) -> None:
        self.units, self.width, self._plan, self._arrays = units, width, plan, arrays
        self.matrices = [padded_matrix(weights, reading, units, width, arrays) for reading in plan.readings]
        self.vectors = padded_vectors(weights, plan, units, width, arrays)

    def pack(self, backward: bool, run: Callable[[ctypes.Structure], None]) -> list[tuple[Array, Array | None]]:
        """The matrices as the kernel reads them, for each direction. `run` calls the function that packs one."""
        found = []
        for matrix, repeat in zip(self.matrices, repeats(self._plan), strict=True):
            forwards = self._arrays.products(matrix.shape)
            backwards = self._arrays.products(matrix.shape) if backward else None
            addresses = [None if each is None else self._arrays.address(each) for each in (matrix, forwards, backwards)]
            run(Packing(*addresses, len(matrix) // self.width, self.width, even(self.units), repeat))
            found.append((forwards, backwards))
        return found


class WindowArrays:
    """One window of some rows. With `keep`, what the backward pass needs is kept for all steps."""

    def __init__(
        self, plan: KernelPlan, arrays: ArrayType, steps: int, rows: int, weights: WindowWeights, keep: bool
    ) -> None:
        self._plan, self._arrays, self._weights, self._keep = plan, arrays, weights, keep
        self.steps, self.rows, self.units = steps, rows, weights.width
        shape = rows, self.units
        self._inputs = [arrays.products((steps + (reading.source.op == "state"), *shape)) for reading in plan.readings]
        self._states: list[Array] = []
        for field in plan.fields:
            reading = plan.reading_of(field)
            if field in plan.taken_over:
                self._states.append(arrays.sums((2, *shape)))  # before the window and after it
            elif reading is not None and (arrays.same or field not in plan.pointwise):
                self._states.append(self._inputs[reading])
            else:
                self._states.append(arrays.sums((steps + 1, *shape)))
        reading, part = plan.output_reading(), plan.output_state() if arrays.same else None
        self._shares_output = reading is None and part is not None
        if reading is not None:
            self._output = self._inputs[reading][1:]
        else:
            self._output = arrays.products((steps, *shape)) if part is None else self._states[part][1:]
        needed = keep or len(plan.forward) > 1
        size = (steps if keep else 1, rows, len(plan.kept) * self.units)
        self._kept = arrays.products(size) if needed else None

    def begin(self, state: Sequence[Array]) -> None:
        """Set the state before the window."""
        for field, before, own in zip(self._plan.fields, state, self._states, strict=True):
            own[0] = before
            reading = self._plan.reading_of(field)
            if reading is not None and self._inputs[reading] is not own:
                self._inputs[reading][0] = before

    def window(
        self, projected: Array, ids: Array | None, below: Array | None, panels: Sequence[Array | None]
    ) -> Window:
        """These arrays as the kernel takes them, with what it reads, all contiguous: projected blocks (T, B, K H), or
        those of each symbol (V, K H) and the ids (T, B); the memory below (T, B, H); the panels of the direction."""
        window = Window(T=self.steps, B=self.rows, H=self.units, U=even(self._weights.units), kept_steps=self._keep)
        self.point(window, "inputs", self._inputs)
        self.point(window, "states", self._states)
        self.point(window, "panels", panels)
        self.put(
            window, projected=projected, ids=ids, below=below, vectors=self._weights.vectors, kept=self._kept,
            output=None if self._shares_output else self._output,
        )  # fmt: skip
        window.memory = self, projected, ids, below, panels
        self._given = projected, ids
        window.projected_row, window.d_output_row = self._plan.graph.projected * self.units, self.units
        return window

    def put(self, window: Window, **arrays: Array | None) -> None:
        """Put the address of each array into the field of its name."""
        for name, array in arrays.items():
            setattr(window, name, None if array is None else self._arrays.address(array))

    def point(self, window: Window, field: str, arrays: Sequence[Array | None]) -> None:
        """Put the addresses of arrays into a field of several addresses."""
        addresses = getattr(window, field)
        for number, array in enumerate(arrays):
            addresses[number] = None if array is None else self._arrays.address(array)

    def outputs(self) -> Array:
        """(T, B, H)"""
        return self._output

    def memories(self) -> Array | None:
        """The memory that the layer above may read, (T, B, H); None if the cell has none."""
        memory = self._plan.graph.memory
        return None if memory is None else self._states[self._plan.fields.index(memory)][1:]

    def states(self) -> list[Array]:
        """The parts of the state after each step, (T, B, H) each, once `window` was called."""
        taken = self._plan.taken_over
        fields = zip(self._plan.fields, self._states, strict=True)
        return [self._taken_over(taken[field]) if field in taken else states[1:] for field, states in fields]

    def _taken_over(self, after: Node) -> Array:
        """A constant or a block of the projected input, for all steps."""
        projected, ids = self._given
        if after.op == "constant":
            found = self._arrays.sums((self.steps, self.rows, self.units))
            found[...] = after.key[0]
            return found
        first = int(after.key[0]) * self.units
        block = projected[..., first : first + self.units]
        return block.reshape(self.steps, self.rows, self.units) if ids is None else block[ids]

    def last(self) -> list[Array]:
        """The parts of the state after the window, (B, H), as views."""
        return [states[-1] for states in self._states]

    def read(self, reading: int) -> Array:
        """What the products of a reading read in every step, (T, B, H)."""
        return self._inputs[reading][: self.steps]

    def stored(self, each: Node, below: Array | None) -> Array | None:
        """What is stored of a node for all steps, (T, B, H), or (H,) of a vector; None if it must be computed."""
        plan, H = self._plan, self.units
        if self._kept is not None and each in plan.kept:
            place = plan.kept.index(each)
            return self._kept[..., place * H : (place + 1) * H]
        if each.op == "vector":
            return self._weights.vectors[plan.vectors.index(each)]
        if each.op == "below":
            return below
        for place, (field, after) in enumerate(plan.graph.after.items()):
            if each is node("state", key=(field,)):
                return self._states[place][:-1]
            if each is after:
                return self._states[place][1:]
        return next((self.read(n) for n, reading in enumerate(plan.readings) if reading.source is each), None)
