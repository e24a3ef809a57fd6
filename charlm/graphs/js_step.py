"""A cell's step as JavaScript: one row, one character further. From the same graph as the kernels in C.

Every stage multiplies first and then computes, unit by unit, what follows from the products. A node that something
outside the loop reads has an array of its own: the new state, the output, the gates, and what later products read.
The text needs `multiply(matrix, x, sums)`, which adds W x to sums, and an object `l` for the layer: its size, and
arrays {data} of numbers that are named below. Knows no page. Letters: H units.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from charlm.graphs.arrays import Entry
from charlm.graphs.nodes import NONLINEAR, Node, ordered
from charlm.graphs.tracing import StepGraph, inputs_of

OPERATIONS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
    "less": "{} < {}",
    "less_equal": "{} <= {}",
    "where": "{} ? {} : {}",
    "sigmoid": "1 / (1 + Math.exp(-{}))",
    "tanh": "1 - 2 / (Math.exp(2 * {}) + 1)",
    "exp": "Math.exp({})",
    "expm1": "Math.expm1({})",
    "log": "Math.log({})",
    "sqrt": "Math.sqrt({})",
    "absolute": "Math.abs({})",
}


@dataclass(frozen=True, eq=False)
class JsStep:
    """A function, and what its layer has to hold.

    `matrices` has the blocks of each matrix, one below the other; `vectors` the blocks that are side by side. The
    output, each part of the state after the step and each gate are in the kept arrays of these numbers.
    """

    name: str
    source: str
    matrices: tuple[tuple[Entry, ...], ...]
    vectors: tuple[Node, ...]
    kept: int
    output: int
    after: dict[str, int]
    gates: dict[str, int]


@cache
def js_step(graph: StepGraph) -> JsStep:
    """The function `step_FINGERPRINT(multiply, l)`. `l` has, beside `size` and `projected`:

    states, in the order of the fields; kept, an array for each kept value; matrices and sums, one for each input of
    products; vectors; below, the memory of the layer below. The step puts the new state into `states`.
    """
    plan = _Plan(graph)
    name = f"step_{graph.fingerprint()}"
    body = [line for stage in range(plan.last + 1) for line in plan.stage(stage)]
    after = [f"  l.states[{n}].data.set(k{plan.slots[each]});" for n, each in enumerate(graph.after.values())]
    source = "\n".join([f"function {name}(multiply, l) {{", *plan.opening(), *body, *after, "}"])
    return JsStep(
        name,
        source,
        tuple(tuple((str(p.key[0]), int(p.key[1]), int(p.key[2])) for p in own) for own in plan.products),
        plan.vectors,
        len(plan.slots),
        plan.slots[graph.output],
        {name: plan.slots[each] for name, each in graph.after.items()},
        {name: plan.slots[each] for name, each in graph.gates.items()},
    )


class _Plan:
    """Which node is computed in which stage, and where it is kept."""

    def __init__(self, graph: StepGraph) -> None:
        self.graph = graph
        roots = [graph.output, *graph.after.values(), *graph.gates.values()]
        everything = list(ordered(roots))
        self.level: dict[Node, int] = {}
        for each in everything:
            self.level[each] = max((self.level[x] for x in each.args), default=0) + (each.op == "product")
        self.last = max(self.level.values())
        found = [each for each in everything if each.op == "product"]
        self.sources = inputs_of(found)
        self.products = [[each for each in found if each.args[0] is source] for source in self.sources]
        self.vectors = tuple(each for each in everything if each.op == "vector")
        inner = [source for source in self.sources if source.op != "state"]
        crossing = [
            x
            for each in everything
            for x in each.args
            if x.op in NONLINEAR and 0 < self.level[x] < self.level[each] and each.op != "product"
        ]
        kept = dict.fromkeys([*graph.after.values(), graph.output, *graph.gates.values(), *inner, *crossing])
        self.slots = {each: number for number, each in enumerate(kept)}
        self._stage_of = {each: self.level[each] if each in inner else self.level[each] or self.last for each in kept}

    def opening(self) -> list[str]:
        lines = ["  const H = l.size, p = l.projected.data, v = l.vectors.data, b = l.below && l.below.data;"]
        groups = (
            ("s", "states", len(self.graph.after)),
            ("k", "kept", len(self.slots)),
            ("q", "sums", len(self.sources)),
        )
        for letter, field, count in groups:
            if count:
                made = ", ".join(f"{letter}{n} = l.{field}[{n}].data" for n in range(count))
                lines.append(f"  const {made};")
        return lines

    def stage(self, number: int) -> list[str]:
        """The lines of a stage: its products, and the loop over the units."""
        lines = []
        for n, source in enumerate(self.sources):
            if self.level[source] == number - 1:
                x = f"l.states[{self._field(source)}]" if source.op == "state" else f"l.kept[{self.slots[source]}]"
                lines.append(f"  q{n}.fill(0); multiply(l.matrices[{n}], {x}, l.sums[{n}]);")
        results = [each for each, stage in self._stage_of.items() if stage == number]
        if not results:
            return lines
        ready = {each for each, stage in self._stage_of.items() if stage < number}
        names: dict[Node, str] = {}
        lines.append("  for (let u = 0; u < H; u++) {")
        for each in ordered(results, stop=lambda x: self._load(x, ready) is not None):
            text = self._load(each, ready) or OPERATIONS[each.op].format(*(names[x] for x in each.args))
            if each.op == "constant":
                names[each] = text
                continue
            names[each] = f"x{len(names)}"
            lines.append(f"    const {names[each]} = {text};")
        lines += [f"    k{self.slots[each]}[u] = {names[each]};" for each in results]
        return [*lines, "  }"]

    def _load(self, each: Node, ready: set[Node]) -> str | None:
        """The JavaScript that loads a node; None if it must be computed."""
        match each.op:
            case "constant":
                value = float(each.key[0])
                return f"({value!r})" if value < 0 else repr(value)
            case "projected":
                return f"p[{each.key[0]} * H + u]"
            case "state":
                return f"s{self._field(each)}[u]"
            case "below":
                return "b[u]"
            case "vector":
                return f"v[{self.vectors.index(each)} * H + u]"
            case "product":
                n = next(n for n, own in enumerate(self.products) if each in own)
                return f"q{n}[{self.products[n].index(each)} * H + u]"
        return f"k{self.slots[each]}[u]" if each in ready else None

    def _field(self, state: Node) -> int:
        return list(self.graph.after).index(str(state.key[0]))
