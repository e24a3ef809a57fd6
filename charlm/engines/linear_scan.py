"""A cell whose step is linear in its state over a whole window at once: h_t = a_t * h_(t-1) + b_t, by doubling.

For layers that no kernel computes: on a GPU, in float64, without a compiler. a and b come from the graph of the step
(graphs/linear.py) and are computed for all time steps together; autograd differentiates that. Then log2 T passes take
the place of T steps (Hillis and Steele 1986): after the pass of s = 1, 2, 4, ... each b_t has what the last 2 s steps
add to h_t, and a_t how much of h before them is left. Every number is a sum of products of a and b, so nothing is
divided, and no logarithm can overflow. Knows no model.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories, project_inputs
from charlm.engines.graph_functions import Slot, Writer
from charlm.engines.scan_functions import Compiler
from charlm.graphs.layout import vector_block
from charlm.graphs.linear import linear_parts
from charlm.graphs.nodes import ZERO, node, ordered
from charlm.graphs.tracing import StepGraph, trace, trace_problem


def can_run(cell: Cell, below: bool) -> bool:
    """Whether the cell's step is linear in its state."""
    return trace_problem(cell, below) is None and linear_parts(trace(cell, below)) is not None


def run(
    cell: Cell, weights: Weights, x: Tensor | Symbols, state: Any, below: Memories = None, compiler: Any = None
) -> tuple[Tensor, Memories, Any]:
    """The results of `unroll` for a cell that `can_run` accepts, in the dtype of the state.

    `compiler` is what compiles the element-wise functions (engines/inductor.py).
    """
    weights = cell.step_weights(weights)
    if isinstance(below, Sequence):
        below = torch.stack(tuple(below))
    functions = _functions(cell, below is not None, compiler)
    projected = project_inputs(cell, weights, x).to(state[0].dtype)
    vectors = [vector_block(weights, each, state[0].shape[-1]) for each in functions.vectors]
    given = [projected, *([] if below is None else [below]), *vectors]
    before: dict[str, Tensor] = {}
    after: dict[str, Tensor] = {}
    for part, coefficients in zip(functions.parts, functions.coefficients, strict=True):
        rate, added = coefficients(*given, *before.values())
        first = getattr(state, part.field)
        after[part.field] = added if rate is None else _Scan.apply(rate, added, first)  # type: ignore[no-untyped-call]
        before[part.field] = torch.cat([first[None], after[part.field][:-1]])
    outputs = functions.output(*given, *before.values(), *after.values())
    memories = after[cell.MEMORY] if cell.MEMORY else None
    return outputs, memories, cell.STATE(*(after[field][-1] for field in functions.graph.after))


class _Functions:
    """A step's graph as functions of whole windows. Each takes projected (T, B, K H), the memory below if there is one,
    vectors, and the parts of the state before each step (T, B, H) that are known so far.

    coefficients   one for each part, in the order of `parts` -> a or None for 0, and b: (T, B, H)
    output         takes all parts before each step, then all after it -> (T, B, H)
    """

    def __init__(self, graph: StepGraph, compiler: Compiler | None) -> None:
        parts = linear_parts(graph)
        assert parts is not None
        self.graph, self.parts = graph, parts
        everything = [*graph.nodes(), *(each for part in parts for each in (part.rate, part.added))]
        self.vectors = [each for each in ordered(everything) if each.op == "vector"]
        self._compiled = compiler or (lambda function: function)
        self.coefficients = [self._coefficients(number) for number in range(len(parts))]
        self.output = self._output()

    def _writer(self, name: str, known: int) -> Writer:
        """A function that takes what is known when that many parts are."""
        writer = Writer(name)
        below: list[Slot] = [node("below")] if self.graph.reads_below else []
        states = [node("state", key=(part.field,)) for part in self.parts[:known]]
        writer.take(["projected", *below, *self.vectors, *states])
        writer.put("blocks", torch.chunk, writer.value("projected"), self.graph.projected, -1)
        for block in range(self.graph.projected):
            writer.put(node("projected", key=(block,)), operator.getitem, writer.value("blocks"), block)
        return writer

    def _coefficients(self, number: int) -> Callable[..., Any]:
        part, like = self.parts[number], node("projected", key=(0,))
        writer = self._writer("Coefficients", number)
        rate = None if part.rate is ZERO else writer.tensor(part.rate, like)
        function = writer.finish((rate, writer.tensor(part.added, like)))
        return self._compiled(function) if part.added.args else function  # a part that an input becomes is no work

    def _output(self) -> Callable[..., Any]:
        writer = self._writer("Output", len(self.parts))
        after = [self.graph.after[part.field] for part in self.parts]
        writer.take(after)
        return self._compiled(writer.finish(writer.tensor(self.graph.output, node("projected", key=(0,)))))


@cache
def _functions(cell: Cell, below: bool, compiler: Compiler | None) -> _Functions:
    return _Functions(trace(cell, below), compiler)


class _Scan(torch.autograd.Function):
    """a, b (T, B, H) and h before them (B, H) -> h after each step (T, B, H)."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, first: Tensor) -> Tensor:
        h = _doubled(a, torch.cat([torch.addcmul(b[:1], a[:1], first), b[1:]]))
        ctx.save_for_backward(a, h, first)
        return h

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_h: Tensor) -> Any:
        """With r the gradient of h, of all that follows from it: r_t = d_t + a_(t+1) r_(t+1), the same from the end."""
        a, h, first = ctx.saved_tensors
        following = torch.cat([a[1:], torch.zeros_like(a[:1])])
        r = _doubled(following.flip(0), d_h.flip(0)).flip(0)
        return r * torch.cat([first[None], h[:-1]]), r, a[0] * r[0]


def _doubled(a: Tensor, b: Tensor) -> Tensor:
    """h_t = a_t h_(t-1) + b_t with h = 0 before the first, for all t."""
    span, steps = 1, len(b)
    while span < steps:
        b = torch.cat([b[:span], torch.addcmul(b[span:], a[span:], b[:-span])])
        a = torch.cat([a[:span], a[span:] * a[:-span]])
        span *= 2
    return b
