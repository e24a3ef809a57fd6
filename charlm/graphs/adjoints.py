"""The gradient of a step, by reverse mode on its graph. Knows no cell and no engine.

The gradient of the loss with respect to a node, its adjoint, is linear in what comes in: the gradients of the output,
of the state after the step, and of the products' inputs. It is kept as a sum of terms, each an incoming gradient times
a factor that depends on the forward values alone. So all factors can be computed before the loop over time. An adjoint
of several terms becomes one value, to which nodes before it refer; one of a single term only collects its factor.

Shape letters: T time, B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from charlm.graphs.derivatives import partial_derivatives
from charlm.graphs.nodes import ONE, ZERO, Node, add, multiply, node, ordered, total
from charlm.graphs.tracing import StepGraph, inputs_of

INCOMING = frozenset({"d_output", "d_state", "d_input"})


@dataclass(frozen=True)
class VectorTerm:
    """What a block of a weight with one axis gets: the sum over steps and rows of a column times a factor."""

    name: str
    block: int
    column: Node
    factor: Node


@dataclass(frozen=True, eq=False)
class StepGradient:
    """The backward pass of one step, as nodes.

    The gradients of products and of projected blocks are the columns that are kept for all steps. d_input(k) stands for
    what the products that read `inputs[k]` give back: the sum over them of their column times their weight.
    """

    graph: StepGraph
    inputs: tuple[Node, ...]  # what products read
    products: dict[Node, Node]  # product -> its column
    projected: tuple[Node, ...]  # the column of each projected block
    before: dict[str, Node]  # field -> gradient of the state before; without d_input of that field
    below: Node | None
    vectors: tuple[VectorTerm, ...]

    def columns(self) -> tuple[Node, ...]:
        """The distinct columns: those of products alone first, then the projected blocks in their order.

        So the gradient of the projected input is one slice, and that of each input's products as well where possible.
        """
        own = [column for column in self.products.values() if column not in self.projected]
        return tuple(dict.fromkeys([*own, *self.projected, *(term.column for term in self.vectors)]))

    def columns_of(self, products: Iterable[Node]) -> list[Node]:
        """The columns of some products."""
        return [self.products[product] for product in products]

    def roots(self) -> list[Node]:
        """Everything that a backward step computes."""
        return [*self.columns(), *self.before.values(), *([] if self.below is None else [self.below])]


Terms = dict[Node, Node]  # incoming gradient -> factor


@cache
def differentiate(graph: StepGraph) -> StepGradient:
    """The gradient of a traced step."""
    found: dict[Node, Terms] = {}
    inputs = inputs_of(graph.products())

    def give(to: Node, terms: Terms, by: Node = ONE) -> None:
        own = found.setdefault(to, {})
        for incoming, factor in terms.items():
            own[incoming] = add(own.get(incoming, ZERO), multiply(factor, by))

    give(graph.output, {node("d_output"): ONE})
    for name, after in graph.after.items():
        give(after, {node("d_state", key=(name,)): ONE})
    columns: dict[Node, Node] = {}
    vectors: list[VectorTerm] = []
    for each in reversed(graph.nodes()):
        if each not in found:
            continue
        terms = {incoming: factor for incoming, factor in found[each].items() if factor is not ZERO}
        if len(terms) > 1 or _reaches_column(each):
            terms = {_sum(terms): ONE}
        found[each] = terms
        if each.op == "product":
            (columns[each],) = terms
            (read,) = each.args
            given = node("d_input", key=(inputs.index(read),))
            if read.op != "state" and given not in found.get(read, ()):  # once, for all products that read it
                give(read, {given: ONE})
        elif each.op == "vector" and each.key[0] not in graph.fixed:
            vectors += _vector_terms(each, terms)
        else:
            for argument, by in zip(each.args, partial_derivatives(each) if each.args else (), strict=True):
                if by is not ZERO and argument.op != "constant":
                    give(argument, terms, by)
    gradient = {each: _sum(terms) for each, terms in found.items()}
    projected = tuple(gradient.get(node("projected", key=(k,)), ZERO) for k in range(graph.projected))
    return StepGradient(
        graph=graph,
        inputs=tuple(inputs),
        products={product: columns.get(product, ZERO) for product in graph.products()},
        projected=projected,
        before={name: gradient.get(node("state", key=(name,)), ZERO) for name in graph.after},
        below=gradient.get(node("below"), ZERO) if graph.reads_below else None,
        vectors=_with_own_columns(vectors, {*columns.values(), *projected}),
    )


def _reaches_column(each: Node) -> bool:
    """Whether the gradient of a node is that of a product or a projected block too, which are kept for all steps."""
    if each.op == "add":
        return any(_reaches_column(argument) for argument in each.args)
    return each.op in ("product", "projected")


def _sum(terms: Terms) -> Node:
    return total(multiply(incoming, factor) for incoming, factor in terms.items())


def _vector_terms(vector: Node, terms: Terms) -> list[VectorTerm]:
    name, block = vector.key
    return [VectorTerm(str(name), int(block), incoming, factor) for incoming, factor in terms.items()]


def _with_own_columns(terms: list[VectorTerm], shared: set[Node]) -> tuple[VectorTerm, ...]:
    """The terms, such that a column that nothing else needs has its factor in it: the kernel multiplies, not torch."""
    own: dict[tuple[str, int], Node] = {}
    for term in terms:
        if term.column not in shared:
            key = term.name, term.block
            own[key] = add(own.get(key, ZERO), multiply(term.column, term.factor))
    kept = [term for term in terms if term.column in shared]
    return (*kept, *(VectorTerm(name, block, column, ONE) for (name, block), column in own.items()))


def depends_on_incoming(roots: Iterable[Node]) -> frozenset[Node]:
    """The nodes that need an incoming gradient; the others are computed from forward values alone."""
    depending: set[Node] = set()
    for each in ordered(roots):
        if each.op in INCOMING or any(argument in depending for argument in each.args):
            depending.add(each)
    return frozenset(depending)
