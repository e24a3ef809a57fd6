"""The order of a step's work in a kernel: stages, between which all units of a row must be done. Knows no C.

A product reads all units of its input. So what follows it is one stage further than its input, and a kernel computes a
stage for all units of its rows before it begins the next. Values that a later stage needs are stored.

Shape letters: T time, B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from charlm.cells.cell import Cell
from charlm.graphs.adjoints import StepGradient, depends_on_incoming, differentiate
from charlm.graphs.keeping import Kept, choose_kept
from charlm.graphs.layout import Reading, readings
from charlm.graphs.nodes import NONLINEAR, Node, node, ordered
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.tracing import StepGraph, trace

MOST_INPUTS, MOST_STATES = 12, 8  # of a cell that a kernel can run (kernels/window.h)


@dataclass(frozen=True, eq=False)
class Stage:
    """`readings` are the numbers of the products' inputs that are multiplied first; `results` are then computed."""

    readings: tuple[int, ...]
    results: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class KernelPlan:
    """What a kernel computes, in stages, and what it stores.

    `kept` (T, B, n H) has values of the forward pass: for the backward pass, and for later stages. `carried` (B, n H)
    has those of the backward pass for later stages of the same step. `pointwise` are the fields of the state that are
    read by more than products, and so are stored in float32.
    """

    graph: StepGraph
    gradient: StepGradient
    readings: tuple[Reading, ...]
    vectors: tuple[Node, ...]
    kept: tuple[Node, ...]
    carried: tuple[Node, ...]
    forward: tuple[Stage, ...]
    backward: tuple[Stage, ...]
    pointwise: frozenset[str]
    stream: tuple[Stage, ...]
    crossing: tuple[Node, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.graph.after)

    @property
    def mixes_units(self) -> bool:
        """Whether there is a product in the step. Without any, each unit is computed from its own numbers alone."""
        return bool(self.readings)

    @property
    def columns(self) -> tuple[Node, ...]:
        """What the backward pass stores for all steps. Without products it adds up by itself what vectors get."""
        return self.gradient.columns() if self.mixes_units else tuple(dict.fromkeys(self.gradient.projected))

    @property
    def taken_over(self) -> dict[str, Node]:
        """The parts of the state that a step without products sets to a constant or a block of its input.

        What they were after a step is there in any case, so they are not stored for each.
        """
        taken = {} if self.mixes_units else self.graph.after
        return {
            field: after
            for field, after in taken.items()
            if after.op in ("constant", "projected") and after is not self.graph.output and field != self.graph.memory
        }

    def reading_of(self, field: str) -> int | None:
        """The number of the reading whose input is this part of the state before the step."""
        sources = [reading.source for reading in self.readings]
        leaf = node("state", key=(field,))
        return sources.index(leaf) if leaf in sources else None

    def output_state(self) -> int | None:
        """The number of the part of the state, stored in float32, that the output is."""
        fields = [field for field, after in self.graph.after.items() if after is self.graph.output]
        return next((self.fields.index(field) for field in fields if field in self.pointwise), None)

    def output_reading(self) -> int | None:
        """The reading whose input at the next step is the output of this one: the two then share their memory."""
        for field, after in self.graph.after.items():
            if after is self.graph.output and self.reading_of(field) is not None:
                return self.reading_of(field)
        return None


@cache
def plan_kernel(graph: StepGraph) -> KernelPlan:
    """The plan for a traced step. Raises UntraceableError if it has too many inputs or parts of the state."""
    gradient = differentiate(graph)
    sources = readings(gradient)
    if len(sources) > MOST_INPUTS or len(graph.after) > MOST_STATES:
        raise UntraceableError(f"more than {MOST_INPUTS} inputs of products, or {MOST_STATES} parts of the state")
    kept = choose_kept(gradient)
    forward, crossing = _forward_stages(graph, sources, kept.values)
    backward, carried = _backward_stages(gradient, sources)
    stream, between = _forward_stages(graph, sources, (), in_place=True)
    terms = [term.factor for term in gradient.vectors]
    everything = list(ordered([*graph.nodes(), *gradient.roots(), *terms]))
    return KernelPlan(
        graph,
        gradient,
        sources,
        vectors=tuple(each for each in everything if each.op == "vector"),
        kept=tuple(dict.fromkeys([*kept.values, *crossing])),
        carried=carried,
        forward=forward,
        backward=backward,
        stream=stream,
        crossing=tuple(between),
        pointwise=_pointwise(graph, sources, [*kept.factors, *terms], kept),
    )


@cache
def plan_of_cell(cell: Cell, below: bool) -> KernelPlan | None:
    """The plan for a cell's step; None if it cannot be traced, or is more than a kernel can run."""
    try:
        return plan_kernel(trace(cell, below))
    except UntraceableError:
        return None


def _pointwise(graph: StepGraph, sources: tuple[Reading, ...], backward: Iterable[Node], kept: Kept) -> frozenset[str]:
    """The fields that are read by more than products. Backward, a state after the step is the next one before it."""
    stored = {*graph.after.values(), *kept.values, *(reading.source for reading in sources)}
    read_backward = set(ordered(backward, stop=stored.__contains__))
    used = {graph.output, *graph.after.values(), *read_backward}
    used |= {argument for each in graph.nodes() if each.op != "product" for argument in each.args}
    by_products = {reading.source for reading in sources}
    return frozenset(
        name
        for name, after in graph.after.items()
        if (leaf := node("state", key=(name,))) not in by_products or leaf in used or name == graph.memory
    )


def _forward_stages(
    graph: StepGraph, sources: tuple[Reading, ...], kept: tuple[Node, ...], in_place: bool = False
) -> tuple[tuple[Stage, ...], list[Node]]:
    """`in_place`: the new state comes into the places of the old one, which all stages must have read before."""
    level: dict[Node, int] = {}
    for each in ordered([*graph.nodes(), *kept]):  # a value that is kept may be one of the gradient's alone
        level[each] = max((level[argument] for argument in each.args), default=0) + (each.op == "product")
    last = max([level[each] for each in (graph.output, *graph.after.values())], default=0)
    inputs = [reading.source for reading in sources if reading.source.op != "state"]
    results: list[list[Node]] = [[] for _ in range(last + 1)]
    for source in inputs:
        results[level[source]].append(source)
    for each in dict.fromkeys([*kept, *graph.after.values(), graph.output]):
        # What needs no product can wait for the last stage.
        results[last if in_place else level[each] or last].append(each)
    after = {*graph.after.values()}
    stored = {*inputs, *kept} - after if in_place else {*inputs, *kept, *after}
    crossing = _crossing(results, level, stored)
    for each in crossing:
        results[level[each]].append(each)
    stages = tuple(
        Stage(tuple(n for n, r in enumerate(sources) if level[r.source] == number - 1), tuple(dict.fromkeys(wanted)))
        for number, wanted in enumerate(results)
    )
    return tuple(stage for stage in stages if stage.results), crossing


def _crossing(results: list[list[Node]], level: dict[Node, int], stored: set[Node]) -> list[Node]:
    """What later stages need of earlier ones, though nothing else stores it: products and dear functions of them."""
    found: dict[Node, None] = {}
    for number, wanted in enumerate(results):
        waiting = list(wanted)
        seen: set[Node] = set()
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            earlier = 0 < level[each] < number
            if earlier and (each in stored or each.op == "product" or each.op in NONLINEAR):
                if each not in stored:
                    found[each] = None
            elif each.op != "product":
                waiting += each.args
    return list(found)


def _backward_stages(
    gradient: StepGradient, sources: tuple[Reading, ...]
) -> tuple[tuple[Stage, ...], tuple[Node, ...]]:
    """Stages of one step back. The first begins with what the products of the step after it give to the state."""
    level: dict[Node, int] = {}

    def find_levels(roots: Iterable[Node]) -> int:
        """The latest stage of the roots. What a product gives back is one stage later than its columns."""
        for each in ordered(roots, stop=level.__contains__):
            if each not in level:
                given = gradient.columns_of(sources[int(each.key[0])].products) if each.op == "d_input" else ()
                own = 1 + find_levels(given) if given else 0
                level[each] = max([own, *(level[argument] for argument in each.args)])
        return max((level[root] for root in roots), default=0)

    roots = list(dict.fromkeys(gradient.roots()))
    last = find_levels(roots)
    depending = depends_on_incoming(roots)
    results = [[root for root in roots if level[root] == number] for number in range(last + 1)]
    carried: dict[Node, None] = {}
    for number, wanted in enumerate(results):
        for each in ordered(wanted, stop=lambda each: level[each] < number):  # noqa: B023 - called here
            if level[each] < number and each in depending and each.op != "d_output":
                carried[each] = None
    for each in carried:
        results[level[each]].append(each)
    of_state = [reading.source.op == "state" for reading in sources]
    stages = []
    for number, wanted in enumerate(results):
        begun = [level.get(node("d_input", key=(n,))) == number and not state for n, state in enumerate(of_state)]
        read = of_state if number == 0 else begun
        stages.append(Stage(tuple(n for n, each in enumerate(read) if each), tuple(dict.fromkeys(wanted))))
    return tuple(stages), tuple(carried)
