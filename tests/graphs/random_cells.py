"""Random small cells, for laws that hold for every cell that can be traced.

A cell is a short program over the blocks of the projected input, the fields of its state, blocks of vectors, and the
memory below. Every value is bounded, so that results in float64 agree closely. Values are compared with numbers alone:
two values that are equal but for rounding would make a law fail that holds. Shape letters: B rows, I input, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from charlm.cells.arrays import absolute, concatenate, exp, expm1, log, sigmoid, split, sqrt, tanh, where, zeros
from charlm.cells.cell import Cell

STATES = tuple(NamedTuple("State", [(name, Any) for name in "abc"[:count]]) for count in (1, 2, 3))
LARGEST = 6.0  # a value with a larger bound goes through tanh

UNARY = {
    "sigmoid": lambda x, c: sigmoid(x),
    "tanh": lambda x, c: tanh(x),
    "negative": lambda x, c: -x,
    "square": lambda x, c: x**2,
    "exp": lambda x, c: exp(tanh(x)),
    "expm1": lambda x, c: expm1(tanh(x)),
    "log": lambda x, c: log(x * x + c),
    "sqrt": lambda x, c: sqrt(c + x * x),
    "absolute": lambda x, c: absolute(x),
    "plus": lambda x, c: x + c,
    "minus": lambda x, c: x - c,
    "rest": lambda x, c: c - x,
    "times": lambda x, c: c * x,
    "over": lambda x, c: x / c,
    "under": lambda x, c: c / (1 + sigmoid(x)),
}
BINARY = {
    "add": lambda x, y, c: x + y,
    "subtract": lambda x, y, c: x - y,
    "multiply": lambda x, y, c: x * y,
    "divide": lambda x, y, c: x / (sigmoid(y) + c),
}
TERNARY = {
    "less": lambda x, y, z, c: where(x < c, y, z),
    "less_equal": lambda x, y, z, c: where(x <= c, y, z * c),
    "greater": lambda x, y, z, c: where(x > c, z, y),
    "greater_equal": lambda x, y, z, c: where(x >= -c, y * 0 + c, z),
}
BOUNDS = {  # of a result, from those of the arguments; LARGEST + 1 where it may be larger than that
    "sigmoid": lambda *b: 1,
    "tanh": lambda *b: 1,
    "square": lambda x: x * x,
    "exp": lambda x: 3,
    "expm1": lambda x: 2,
    "log": lambda x: max(2, 2 * x),
    "under": lambda x: 2,
    "over": lambda x: 4 * x,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: 4 * x,
}


class Instruction(NamedTuple):
    """An operation on earlier values, by number; its constant; a product's weight, and how many blocks it gives."""

    op: str
    args: tuple[int, ...]
    number: float = 0.0
    weight: int = 0
    blocks: int = 1


@dataclass(frozen=True)
class RandomCell(Cell):
    """`after` has, for each field of the state, the values of its gate and of its candidate; `shown` those of the
    output."""

    fields: int
    projected: int
    vectors: int
    looks: bool  # at the memory below
    program: tuple[Instruction, ...]
    after: tuple[tuple[int, int], ...]
    shown: tuple[int, int]

    TITLE, PAPER, READS_BELOW, MEMORY = "Random", "None", True, "a"

    @property
    def STATE(self):  # noqa: N802
        return STATES[self.fields - 1]

    def shapes(self, input_size, hidden_size, below=False):
        H = hidden_size
        products = {f"weight_hh_{e.weight}": (e.blocks * H, len(e.args) * H) for e in self.program if e.op == "product"}
        return {"weight_ih": (self.projected * H, input_size), "vector": (self.vectors * H,), **products}

    def project(self, weights, x):
        return x @ weights["weight_ih"].T

    def step_weights(self, weights):
        """The last vector does not depend on the weights, and the first one is twice as long as the learned one."""
        vectors = split(weights["vector"], self.vectors)
        fixed = zeros(vectors[0].shape, vectors[0]) + 0.75
        return {**weights, "vector": concatenate([2 * vectors[0], *vectors[1:]]), "fixed": fixed}

    def step(self, weights, projected, state, below=None):
        values = [*split(projected, self.projected), *state, *split(weights["vector"], self.vectors), weights["fixed"]]
        values.append(below if self.looks and below is not None else values[0])
        for each in self.program:
            values += _results(each, [values[number] for number in each.args], weights)
        after = [
            _mixed(values[gate], values[candidate], old)
            for (gate, candidate), old in zip(self.after, state, strict=True)
        ]
        gate, candidate = (values[number] for number in self.shown)
        return sigmoid(gate) * tanh(after[-1] + candidate), type(state)(*after), {}


def _mixed(gate, candidate, old):
    gate = sigmoid(gate)
    return (1 - gate) * tanh(candidate) + gate * old


def _results(each, given, weights):
    if each.op == "product":
        return split(concatenate(given) @ weights[f"weight_hh_{each.weight}"].T, each.blocks)
    if each.op == "wide":  # an operation on blocks side by side
        return split(tanh(each.number * concatenate(given)), len(given))
    return [{**UNARY, **BINARY, **TERNARY}[each.op](*given, each.number)]


@st.composite
def random_cells(draw):
    """Cells, frozen and hashable. Those that look at the memory below also run without one."""
    fields, projected, vectors = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    has_rows = [True] * (projected + fields) + [False] * (vectors + 1) + [True]
    bounds = [3.0] * len(has_rows)
    program = []

    def add(each):
        program.append(each)
        wide = each.op in ("product", "wide")
        count = each.blocks if each.op == "product" else len(each.args) if each.op == "wide" else 1
        bound = BOUNDS.get(each.op, lambda *given: 1 + sum(given))(*(bounds[n] for n in each.args)) if not wide else 3
        counted = each.args[::2] if each.op == "greater_equal" else each.args  # 0 * y is 0, and the same for all rows
        has_rows.extend([any(has_rows[number] for number in counted)] * count)
        bounds.extend([bound] * count)
        if bound > LARGEST:
            add(Instruction("tanh", (len(bounds) - 1,)))

    def values(count, with_rows=False):
        """Numbers of earlier values; the later half as often as all."""
        possible = [number for number in range(len(has_rows)) if has_rows[number] or not with_rows]
        chosen = st.sampled_from(possible) | st.sampled_from(possible[len(possible) // 2 :])
        return tuple(draw(chosen) for _ in range(count))

    products = draw(st.integers(1, 3))
    length = draw(st.integers(products, 12))
    where_products = draw(st.permutations([True] * products + [False] * (length - products)))
    for place, is_product in enumerate(where_products):
        number = draw(st.sampled_from([0.375, 0.6, 0.9, 1.3]))
        if is_product:
            blocks = draw(st.integers(1, 3))
            add(Instruction("product", values(draw(st.integers(1, 2)), True), 0.0, place, blocks))
            continue
        op = draw(st.sampled_from([*UNARY, *BINARY, *TERNARY, "wide"]))
        count = 1 if op in UNARY else 3 if op in TERNARY else 2
        add(Instruction(op, values(count, op == "wide"), number))
    after = tuple(values(2) for _ in range(fields))
    return RandomCell(fields, projected, vectors, draw(st.booleans()), tuple(program), after, values(2))


def random_weights(cell, input_size, hidden_size, seed, below=True):
    """Weights of a cell by name, float64: such that the sums of products are not saturated."""
    rng = np.random.default_rng(seed)
    shapes = cell.shapes(input_size, hidden_size, below)
    return {
        name: rng.uniform(-1, 1, shape) / (shape[-1] ** 0.5 if len(shape) > 1 else 1) for name, shape in shapes.items()
    }
