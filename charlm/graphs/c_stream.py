"""A cell's step in a stack that goes one character further, as C: for sampling, one row or many at once.

As in graphs/c_kernel.py every stage is a function of one tile. A tile is for four vectors of units, with a sum for each
block of the step: what the products of the layer's own input and of its state give to the same sum is added up in it.
The text is included once, with NAME for the number type of the products; kernels/stream.h describes its arrays.

Letters: R rows of a tile, W numbers of a vector, H units, I numbers of the layer's input.
"""

from __future__ import annotations

from charlm.graphs.c_expressions import IN_FLOAT32, Statements
from charlm.graphs.nodes import Node
from charlm.graphs.stages import KernelPlan, Stage
from charlm.graphs.sums import Sum, sums_of

WHERE = "const StreamStack *s, int64_t n, int64_t row, int64_t unit"


def stream_source(name: str, plan: KernelPlan) -> str:
    """The C of the stages NAME(name_stream_k), each for some rows and units."""
    texts = [_stage(f"{name}_stream_{number}", plan, number) for number in range(len(plan.stream))]
    return "\n\n".join(texts) + "\n"


def _stage(name: str, plan: KernelPlan, number: int) -> str:
    stage, earlier = plan.stream[number], plan.stream[:number]
    sums = sums_of(plan, number)
    rest = Statements(lambda each: _load(plan, earlier, each), IN_FLOAT32)
    start = Statements(lambda each: _load(plan, earlier, each))
    begins = []
    for place, sum_ in enumerate(sums):
        rest.know(sum_.whole, f"acc[{place}][r][j]")
        begins.append(f"acc[{place}][r][j] = {' + '.join(map(start.value, sum_.starts)) or 'constant(0)'};")
    rest.load_first(stage.results, "state")  # the new state may come into the same places
    for each in stage.results:
        value = rest.value(each)
        rest.lines += [f"{store}, {value});" for store in _stores(plan, each, number)]
        if each is plan.graph.output:
            rest.lines.append(f"give_output(s, n, at_row, u, {value});")
    declared = f"floats acc[{len(sums)}][MOST_ROWS][4]"
    return "\n".join(
        [
            f"static void NAME({name}_tile)(int R, int G, {WHERE}) {{",
            f"    {declared};",
            "    const StreamLayer *l = s->layers + n;",
            *_for_each_vector([*start.lines, *begins]),
            *(f"    {call}" for place, sum_ in enumerate(sums) for call in _calls(plan, sum_, place)),
            *_for_each_vector(rest.lines),
            "}",
            "",
            f"void NAME({name})(const StreamStack *s, int64_t n, int64_t first, int64_t end, "
            "int64_t from, int64_t to) {",
            f"    STREAM_TILES(NAME({name}_tile), s, n, first, end, from, to)",
            "}",
        ]
    )


def _calls(plan: KernelPlan, sum_: Sum, place: int) -> list[str]:
    """The products that are added to a sum. The lowest layer has no input x: its projected blocks are a table."""
    nothing = "(Factors){NULL, NULL, 0}"
    blocks = [int(start.key[0]) for start in sum_.starts if start.op == "projected"]
    factors = [f"x_factors(l, row, {block} * l->H + unit)" for block in blocks]
    if sum_.product is not None:
        number = next(n for n, reading in enumerate(plan.readings) if sum_.product in reading.products)
        block = plan.readings[number].products.index(sum_.product)
        factors.append(f"input_factors(l, {number}, row, {block} * l->H + unit)")
    factors += [nothing] * (len(factors) % 2)
    pairs = zip(factors[::2], factors[1::2], strict=True)
    return [f"multiply_stream(R, G, {first}, {second}, acc[{place}]);" for first, second in pairs]


def _for_each_vector(lines: list[str]) -> list[str]:
    return [
        "    for (int r = 0; r < R * G; r++) for (int j = 0; j < 4; j++) {",
        "        const int64_t H = l->H, at_row = G > 1 ? row : row + r, u = unit + (G > 1 ? 4 * r + j : j) * W;",
        "        const int64_t at = at_row * H + u;",
        "        (void)at;",
        *(f"        {line}" for line in lines),
        "    }",
    ]


def _load(plan: KernelPlan, earlier: tuple[Stage, ...], each: Node) -> str | None:
    """The C that loads a node, after some stages; None if it must be computed."""
    match each.op:
        case "projected":
            return f"load_floats(projected_sums(s, n, at_row) + {each.key[0]} * H + u)"
        case "state":
            return f"load_floats(l->states[{plan.fields.index(str(each.key[0]))}] + at)"
        case "below":
            return "load_floats(l->below + at)"
        case "vector":
            return f"load_floats(l->vectors + {plan.vectors.index(each)} * H + u)"
    if not any(each in stage.results for stage in earlier):
        return None
    if each in plan.crossing:
        return f"load_floats(l->kept + ({plan.crossing.index(each)} * s->rows + at_row) * H + u)"
    if each in plan.graph.after.values():  # what products read of it may be rounded
        return None
    sources = [reading.source for reading in plan.readings]
    return f"NAME(load)(l->inputs[{sources.index(each)}] + at)" if each in sources else None


def _stores(plan: KernelPlan, each: Node, number: int) -> list[str]:
    """Where a stage puts a node, as the beginnings of calls."""
    found = []
    if each in plan.crossing:
        found.append(f"store_floats(l->kept + ({plan.crossing.index(each)} * s->rows + at_row) * H + u")
    for input_, reading in enumerate(plan.readings):
        if reading.source is each:
            found.append(f"NAME(store)(l->inputs[{input_}] + at")
    for place, after in enumerate(plan.graph.after.values()):
        if after is each and number == len(plan.stream) - 1:
            found.append(f"store_floats(l->new_states[{place}] + at")
    return found
