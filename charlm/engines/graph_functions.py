"""A step's graph as functions of tensors, written by torch.fx. Knows no sequence and no model.

Shape letters: B rows, H hidden.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from charlm.graphs.nodes import Node, has_rows, node, ordered

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
    "expm1": torch.expm1,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "absolute": torch.abs,
}


def where(condition: Tensor, x: Tensor | float, otherwise: Tensor | float, like: Tensor) -> Tensor:
    """torch.where. Its numbers become arrays like another: torch would make them on the host, and a GPU wait for it."""
    x, otherwise = (torch.full_like(like, each) if isinstance(each, float) else each for each in (x, otherwise))
    return torch.where(condition, x, otherwise)


def repeat_rows(x: Tensor | float, like: Tensor) -> Tensor:
    """What is the same for all rows, (H,) or a number, as an array (B, H) like another."""
    return torch.full_like(like, x) if isinstance(x, float) else torch.zeros_like(like) + x


class Writer:
    """Writes one function: placeholders first, then nodes and other calls, then `finish`."""

    def __init__(self, name: str) -> None:
        self._graph, self._name = fx.Graph(), name
        self._made: dict[Slot, Any] = {}
        self._taken = 0

    def take(self, slots: Sequence[Slot]) -> None:
        """The next arguments of the function. One may be what another is already: a state that an input becomes."""
        for slot in slots:
            argument = self._graph.placeholder(f"x{self._taken}")
            self._taken += 1
            if not (isinstance(slot, Node) and slot.op == "constant"):
                self._made.setdefault(slot, argument)

    def put(self, slot: Slot, function: Callable[..., Any], *arguments: Any) -> None:
        """A call whose result is kept under a node or a name."""
        self._made[slot] = self._graph.call_function(function, arguments)

    def name(self, slot: Slot, other: Slot) -> None:
        """A further slot for what another has."""
        self._made[slot] = self._made[other]

    def tensor(self, node: Node, like: Slot = D_OUTPUT) -> Any:
        """The value of a node as an array in the shape of another's, also if it is the same for all rows."""
        value = self.value(node)
        if has_rows(node):
            return value
        self.put("repeated", repeat_rows, value, self._made[like])
        return self._made["repeated"]

    def value(self, slot: Slot) -> Any:
        """What was made for a slot. A node is computed if it was not."""
        if not isinstance(slot, Node) or slot in self._made:
            return self._made[slot]
        for each in ordered([slot], stop=self._made.__contains__):
            if each in self._made:
                continue
            if each.op == "constant":
                self._made[each] = each.key[0]
            elif each.op == "where":
                compared = next(x for x in each.args[0].args if x.op != "constant")
                self.put(each, where, *(self._made[argument] for argument in (*each.args, compared)))
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
        elif each.op == "where":
            compared = next(x for x in each.args[0].args if x.op != "constant")
            values[each] = where(*(values[argument] for argument in (*each.args, compared)))
        else:
            operation = torch.where if each.op == "where" else FUNCTIONS[each.op]
            values[each] = operation(*(values[argument] for argument in each.args))
    return values[root]
