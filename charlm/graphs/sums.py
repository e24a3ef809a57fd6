"""What is added up in the registers of a stream's tile: products, and what else goes into the same sum. Knows no C."""

from __future__ import annotations

from dataclasses import dataclass

from charlm.graphs.nodes import Node, ordered
from charlm.graphs.stages import KernelPlan


@dataclass(frozen=True)
class Sum:
    """A node that is a sum: leaves that it begins with, and a product of the state, if there is one.

    A projected block among the leaves is itself a product, of the layer's input, in all layers but the lowest.
    """

    whole: Node
    starts: tuple[Node, ...]
    product: Node | None = None


def sums_of(plan: KernelPlan, number: int) -> list[Sum]:
    """The sums of a stage: of its products, and then the projected blocks that no other sum has."""
    of_products = {n: [_around(plan, product) for product in _products(plan, n)] for n in range(len(plan.stream))}
    begun = {start for sums in of_products.values() for each in sums for start in each.starts}
    known = {each.whole for each in of_products[number]}
    known |= {each for stage in plan.stream[:number] for each in stage.results}
    reached = ordered(plan.stream[number].results, stop=known.__contains__)
    alone = [each for each in reached if each.op == "projected" and each not in begun]
    return [*of_products[number], *(Sum(each, (each,)) for each in alone)]


def _products(plan: KernelPlan, number: int) -> list[Node]:
    return [product for reading in plan.stream[number].readings for product in plan.readings[reading].products]


def _around(plan: KernelPlan, product: Node) -> Sum:
    """The largest sum around a product that is made of leaves besides, which nothing else reads."""
    readers: dict[Node, list[Node]] = {}
    for each in plan.graph.nodes():
        for argument in each.args:
            readers.setdefault(argument, []).append(each)
    stored = {each for stage in plan.stream for each in stage.results}
    whole: Node = product
    starts: list[Node] = []
    while whole not in stored and len(readers[whole]) == 1 and readers[whole][0].op == "add":
        (above,) = readers[whole]
        other = above.args[1] if above.args[0] is whole else above.args[0]
        if other.op not in ("projected", "vector") or len(readers[other]) > 1:
            break
        whole, starts = above, [*starts, other]
    return Sum(whole, tuple(starts), product)
