"""What the forward pass keeps for the backward pass, and what that computes again. Knows no engine.

States before and after and the projected input are there in any case. Of the other values that a gradient needs (the
inputs of products among them), those of a product with a weight are kept, and those of a function of one, such as its
tanh. All else is computed again: sums, and functions of what is there in any case, such as the tanh of the memory. To
store a number and read it again takes longer than its tanh. So a step without products with weights keeps nothing.
What depends on vectors alone is the same in all steps, and neither kept nor a factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from charlm.graphs.adjoints import StepGradient, depends_on_incoming
from charlm.graphs.nodes import NONLINEAR, Node, has_rows, ordered


@dataclass(frozen=True, eq=False)
class Kept:
    """`values` are kept for all steps. `factors` are what the backward pass computes of them before its loop."""

    values: tuple[Node, ...]
    factors: tuple[Node, ...]


@cache
def choose_kept(gradient: StepGradient) -> Kept:
    """What a gradient needs of the forward pass."""
    roots = gradient.roots()
    depending = depends_on_incoming(roots)
    factors: dict[Node, None] = {}
    for each in ordered(roots):
        if each in depending:
            factors |= {argument: None for argument in each.args if argument not in depending}
    needed = [*factors, *gradient.inputs, *(term.factor for term in gradient.vectors)]
    there = set(gradient.graph.after.values())

    def is_there(each: Node) -> bool:
        return each in there or each.op in ("projected", "state", "below") or not has_rows(each)

    of_products: set[Node] = set()  # what cannot be computed without a product
    for each in ordered(needed, stop=is_there):
        if not is_there(each) and (each.op == "product" or any(argument in of_products for argument in each.args)):
            of_products.add(each)
    values: dict[Node, None] = {}
    waiting = list(reversed(needed))
    seen: set[Node] = set()
    while waiting:
        each = waiting.pop()
        if each in seen or is_there(each):
            continue
        seen.add(each)
        if each.op == "product" or (each.op in NONLINEAR and each in of_products):
            values[each] = None
        else:
            waiting += reversed(each.args)
    return Kept(tuple(values), tuple(each for each in factors if has_rows(each)))
