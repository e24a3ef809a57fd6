"""Whether a step is linear in its state, unit by unit, and by what: h' = a * h + b. Knows no cell and no engine.

a and b are nodes. They may read the input, the memory below, and parts of the state that are known without them, such
as what the last input left behind: the parts are solved one after the other. A step with a product is not linear in
this sense, since a product mixes the units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from charlm.graphs.nodes import ONE, ZERO, Node, add, is_constant, multiply, negative, node, ordered, subtract
from charlm.graphs.tracing import StepGraph


@dataclass(frozen=True, eq=False)
class LinearPart:
    """One part of the state: after the step it is `rate` times what it was, and `added`."""

    field: str
    rate: Node  # the constant 0 if the part does not depend on what it was
    added: Node


@cache
def linear_parts(graph: StepGraph) -> tuple[LinearPart, ...] | None:
    """The parts of the state, each after those that it reads; None if the step is not linear in its state."""
    if graph.products():
        return None
    found: dict[str, LinearPart] = {}
    while len(found) < len(graph.after):
        ready = {
            field: both
            for field, after in graph.after.items()
            if field not in found and _reads(after) <= {*found, field} and (both := _split(after, field)) is not None
        }
        if not ready:
            return None
        found |= {field: LinearPart(field, *both) for field, both in ready.items()}
    return tuple(found.values())


def _reads(root: Node) -> set[str]:
    """The parts of the state that a node is computed from."""
    return {str(each.key[0]) for each in ordered([root]) if each.op == "state"}


def _split(root: Node, field: str) -> tuple[Node, Node] | None:
    """(a, b) of a node that is a * h + b for this part h of the state; None for another node."""
    split: dict[Node, tuple[Node, Node]] = {}
    for each in ordered([root]):
        parts = [split.get(argument) for argument in each.args]
        if each.op == "state" and each.key == (field,):
            split[each] = ONE, ZERO
        elif all(part is not None and part[0] is ZERO for part in parts):
            split[each] = ZERO, each
        elif None not in parts and (both := _split_operation(each, [part for part in parts if part])):
            split[each] = both
        else:
            return None
    return split[root]


def _split_operation(x: Node, parts: list[tuple[Node, Node]]) -> tuple[Node, Node] | None:
    """(a, b) of an operation, from those of its arguments, of which some depend on h."""
    (a, b), (c, d) = parts[0], parts[-1]
    match x.op:
        case "add":
            return add(a, c), add(b, d)
        case "subtract":
            return subtract(a, c), subtract(b, d)
        case "negative":
            return negative(a), negative(b)
        case "multiply" if c is ZERO:
            return multiply(a, d), multiply(b, d)
        case "multiply" if a is ZERO:
            return multiply(c, b), multiply(d, b)
        case "divide" if c is ZERO:
            return _over(a, d), _over(b, d)
        case "where" if a is ZERO:
            of_value, of_other = parts[1:]
            return _chosen(b, of_value[0], of_other[0]), _chosen(b, of_value[1], of_other[1])
        case _:
            return None


def _over(x: Node, y: Node) -> Node:
    return ZERO if is_constant(x, 0) else node("divide", x, y)


def _chosen(condition: Node, x: Node, otherwise: Node) -> Node:
    return x if x is otherwise else node("where", condition, x, otherwise)
