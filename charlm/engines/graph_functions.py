"""A step's graph as functions of tensors, written by torch.fx. Knows no sequence and no model.

Shape letters: B rows, H hidden.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from charlm.graphs.nodes import Node, node, ordered

D_OUTPUT = node("d_output")
Slot = Node | str  # what a placeholder stands for: a node, or the name of something else

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "less": operator.lt,
    "less_equal": operator.le,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "absolute": torch.abs,
    "where": torch.where,
}


class Writer:
    """Writes one function: placeholders first, then nodes and other calls, then `finish`."""

    def __init__(self, name: str) -> None:
        self._graph, self._name = fx.Graph(), name
        self._made: dict[Slot, Any] = {}

    def take(self, slots: Sequence[Slot]) -> None:
        """The next arguments of the function."""
        for slot in slots:
            self._made[slot] = self._graph.placeholder(f"x{len(self._made)}")

    def put(self, slot: Slot, function: Callable[..., Any], *arguments: Any) -> None:
        """A call whose result is kept under a node or a name."""
        self._made[slot] = self._graph.call_function(function, arguments)

    def name(self, slot: Slot, other: Slot) -> None:
        """A further slot for what another has."""
        self._made[slot] = self._made[other]

    def tensor(self, node: Node, like: Slot = D_OUTPUT) -> Any:
        """The value of a node; zeros in the shape of another's if it is a constant."""
        value = self.value(node)
        if not isinstance(value, float):
            return value
        self.put("filled", torch.full_like, self._made[like], value)
        return self._made["filled"]

    def value(self, slot: Slot) -> Any:
        """What was made for a slot. A node is computed if it was not."""
        if not isinstance(slot, Node) or slot in self._made:
            return self._made[slot]
        for each in ordered([slot], stop=self._made.__contains__):
            if each in self._made:
                continue
            if each.op == "constant":
                self._made[each] = each.key[0]
            else:
                self.put(each, FUNCTIONS[each.op], *(self._made[argument] for argument in each.args))
        return self._made[slot]

    def finish(self, results: Any) -> Callable[..., Any]:
        """The function. `results` are tuples of what `value` gave."""
        self._graph.output(results)
        module = fx.GraphModule({}, self._graph, self._name)
        return module.forward


def evaluated(root: Node, stored: Callable[[Node], Tensor | None]) -> Any:
    """The value of a node, computed from what is stored."""
    values: dict[Node, Any] = {}
    for each in ordered([root], stop=lambda each: stored(each) is not None):
        found = stored(each)
        if found is not None:
            values[each] = found
        elif each.op == "constant":
            values[each] = each.key[0]
        else:
            values[each] = FUNCTIONS[each.op](*(values[argument] for argument in each.args))
    return values[root]
