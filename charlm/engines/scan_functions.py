"""The functions that a scan runs for a cell: its step, the factors of the gradient, and its step backwards.

They are written from the graph of the step by torch.fx and run on tensors of any device and dtype. Knows no model.
Shape letters: T time, B rows, H hidden, M columns (graphs/layout.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from charlm.cells.cell import Cell
from charlm.engines.graph_functions import Writer
from charlm.engines.weight_gradients import weight_gradients
from charlm.graphs.adjoints import differentiate
from charlm.graphs.keeping import choose_kept
from charlm.graphs.layout import readings
from charlm.graphs.nodes import Node, node, ordered, total
from charlm.graphs.tracing import StepGraph, trace

Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]


@cache
def scan_functions(cell: Cell, below: bool, compiler: Compiler | None = None) -> ScanFunctions:
    """The functions of the cell; `below`: the layer reads the memory of a layer below it. Raises UntraceableError."""
    return ScanFunctions(trace(cell, below), compiler)


class ScanFunctions:
    """One step of a graph, as functions of tensors. Each takes its arguments in the order of a list of slots.

    leaves     projected, below if there is one, the state, vectors
    forward    leaves, the matrix of each reading -> output, state after, kept values
    factors    leaves, the state after, kept values -> factors; for one step or for many at once
    backward   d_output, d_state, factors, vectors, matrices -> columns (B, M H), d_state before, d_below
    """

    def __init__(self, graph: StepGraph, compiler: Compiler | None = None) -> None:
        self.graph, self.gradient = graph, differentiate(graph)
        self.readings, self.kept = readings(self.gradient), choose_kept(self.gradient)
        self._fields = list(graph.after)
        self.memory = self._fields.index(graph.memory) if graph.memory else None
        factors = [term.factor for term in self.gradient.vectors]
        everything = ordered([*graph.nodes(), *self.gradient.roots(), *factors])
        self.vectors = list(dict.fromkeys(each for each in everything if each.op == "vector"))
        self._before = [node("state", key=(name,)) for name in self._fields]
        compiled = compiler or (lambda function: function)
        self.forward, self.backward = compiled(self._forward()), compiled(self._backward())
        self.factors = self._of_forward_values("Factors", self.kept.factors)
        self._after_loop = self._of_forward_values("AfterLoop", (*self.gradient.inputs, *factors))

    def _leaves(self, writer: Writer) -> None:
        writer.take(["projected", *([node("below")] if self.graph.reads_below else []), *self._before, *self.vectors])
        writer.put("blocks", torch.chunk, writer.value("projected"), self.graph.projected, -1)
        for block in range(self.graph.projected):
            writer.put(node("projected", key=(block,)), operator.getitem, writer.value("blocks"), block)

    def _forward(self) -> Callable[..., Any]:
        writer = Writer("Forward")
        self._leaves(writer)
        writer.take([f"matrix {number}" for number in range(len(self.readings))])
        for number, reading in enumerate(self.readings):
            matrix = writer.value(f"matrix {number}")
            writer.put("x", cast_like, writer.value(reading.source), matrix)
            writer.put("sums", linear, writer.value("x"), matrix)
            writer.put("sums", torch.chunk, writer.value("sums"), len(reading.products), -1)
            for block, product in enumerate(reading.products):
                writer.put(product, operator.getitem, writer.value("sums"), block)
        like = self._before[0]
        after = tuple(writer.tensor(each, like) for each in self.graph.after.values())
        kept = tuple(writer.value(each) for each in self.kept.values)
        return writer.finish((writer.tensor(self.graph.output, like), after, kept))

    def _of_forward_values(self, name: str, wanted: Sequence[Node]) -> Callable[..., Any]:
        writer = Writer(name)
        self._leaves(writer)
        writer.take([*self.graph.after.values(), *self.kept.values])
        return writer.finish(tuple(writer.value(each) for each in wanted))

    def _backward(self) -> Callable[..., Any]:
        gradient, writer = self.gradient, Writer("Backward")
        writer.take([node("d_output"), *(node("d_state", key=(name,)) for name in self._fields)])
        writer.take([*self.kept.factors, *self.vectors])
        writer.take([f"matrix {number}" for number in range(len(self.readings))])
        for number in reversed(range(len(self.readings))):  # an input that another product computes comes after it
            reading = self.readings[number]
            own = tuple(writer.tensor(gradient.products[product]) for product in reading.products)
            writer.put("columns", torch.cat, own, -1)
            writer.put("columns", cast_like, writer.value("columns"), writer.value(f"matrix {number}"))
            writer.put(f"given {number}", torch.matmul, writer.value("columns"), writer.value(f"matrix {number}"))
            writer.name(node("d_input", key=(number,)), f"given {number}")
        d_before = []
        for before, name in zip(self._before, self._fields, strict=True):
            given = [node("d_input", key=(n,)) for n, reading in enumerate(self.readings) if reading.source is before]
            d_state = node("d_state", key=(name,))
            d_before.append(writer.tensor(total([gradient.before[name], *given]), like=d_state))
        writer.put("columns", torch.cat, tuple(map(writer.tensor, gradient.columns())), -1)
        below = None if gradient.below is None else writer.tensor(gradient.below)
        return writer.finish((writer.value("columns"), tuple(d_before), below))

    def weight_gradients(
        self, columns: Tensor, forward_values: Sequence[Tensor], shapes: Sequence[torch.Size], dtype: torch.dtype
    ) -> list[Tensor | None]:
        """Columns of all steps, and the arguments of `factors` for all steps -> the gradient of each weight.

        None for a weight that is not learned. Products are computed in `dtype`.
        """
        known, inputs = self._after_loop(*forward_values), len(self.gradient.inputs)
        units = columns.shape[-1] // len(self.gradient.columns())
        return weight_gradients(
            self.gradient, columns, shapes, units, known[:inputs], known[inputs:], dtype, columns.dtype
        )


def cast_like(x: Tensor, like: Tensor) -> Tensor:
    """x in the dtype of another tensor."""
    return x.to(like.dtype)
