"""A cell's kernel as C: one layer through a window, forwards and backwards, from the plan of its step.

Every stage is a function of one tile: it loads what its sums begin with, multiplies, and computes what follows from the
sums while they are in the nearest cache. The text is included once for each number type, with NAME defined;
kernels/window.h describes its arrays.

Letters: R rows of a tile, W numbers of a vector, H units; K, N, M, C blocks of projected, kept, columns, carried.
"""

from __future__ import annotations

from functools import cache

from charlm.graphs.c_expressions import Statements
from charlm.graphs.c_places import Places
from charlm.graphs.c_stage import Call, StageSource, chunk_sizes
from charlm.graphs.nodes import NONLINEAR, Node, node, ordered
from charlm.graphs.stages import KernelPlan, Stage


def kernel_source(name: str, plan: KernelPlan) -> str:
    """The C of NAME(name_forward) and NAME(name_backward), which run some rows through a window, some units of them."""
    forward = [_forward(plan, number) for number in range(len(plan.forward))]
    backward = [_backward(plan, number) for number in range(len(plan.backward))]
    parts = [stage.text(f"{name}_forward_{n}") for n, stage in enumerate(forward)]
    parts += [stage.text(f"{name}_backward_{n}") for n, stage in enumerate(backward)]
    parts.append(_loop(f"{name}_forward", "int64_t t = 0; t < w->T; t++", forward))
    parts.append(_loop(f"{name}_backward", "int64_t t = w->T - 1; t >= 0; t--", backward))
    return "\n\n".join(parts) + "\n"


def _loop(name: str, steps: str, stages: list[StageSource]) -> str:
    tiles = [
        f"        TILES(NAME(window_rows)({stage.most_vectors()}), NAME({name}_{n}), "
        f"first, end, from, to, {stage.repeat} * W, w, t)\n"
        f"        barrier_wait(barrier);"
        for n, stage in enumerate(stages)
    ]
    return "\n".join(
        [
            f"static void NAME({name})(const NAME(Window) *w, Barrier *barrier, int64_t first, int64_t end,",
            "    int64_t from, int64_t to) {",
            "    begin_tiles();",
            f"    for ({steps}) {{",
            *tiles,
            "    }",
            "    end_tiles();",
            "}",
        ]
    )


def repeat_of(plan: KernelPlan, stage: Stage) -> int:
    """How many vectors of units a forward tile has: as many as fill four vectors for each input."""
    most = max((len(plan.readings[number].products) for number in stage.readings), default=1)
    return {1: 4, 2: 2}.get(most, 1)


@cache
def repeats(plan: KernelPlan) -> tuple[int, ...]:
    """The same for each input of products, in their order: how its panels are packed."""
    found = {number: repeat_of(plan, stage) for stage in plan.forward for number in stage.readings}
    return tuple(found.get(number, 1) for number in range(len(plan.readings)))


def _forward(plan: KernelPlan, number: int) -> StageSource:
    stage, places = plan.forward[number], Places(plan)
    earlier = plan.forward[:number]
    source = StageSource(plan, repeat_of(plan, stage))
    products = {product: None for reading in stage.readings for product in plan.readings[reading].products}
    starts = _starts(plan, products)
    before = Statements(lambda each: places.forward(earlier, each))
    rest = Statements(lambda each: places.forward(earlier, each))
    for reading in stage.readings:
        own = plan.readings[reading].products
        source.add_sums(reading, len(own))
        for place, product in enumerate(own):
            sum_, (start, whole) = source.sum(reading, place), starts.get(product, (None, product))
            source.before.append((sum_, "constant(0)" if start is None else before.value(start)))
            rest.know(whole, sum_)
        done, rows = 0, f"w->inputs[{reading}] + (t * B + row) * H"
        for part, size in enumerate(chunk_sizes(len(own)) if source.repeat == 1 else [len(own)]):
            panel = f"w->panels[{reading}] + (unit * {len(own)} + {done} * W) * w->U"
            vectors = str(size) if source.repeat == 1 else f"{size} * vectors"
            source.calls.append(Call(vectors, rows, "H", panel, reading, part))
            done += size
    for each in stage.results:
        value = rest.value(each)
        rest.lines += [f"{store}, {value});" for store in places.stores_forward(each)]
    source.before_lines, source.rest_lines = before.lines, rest.lines
    return source


def _starts(plan: KernelPlan, products: dict[Node, None]) -> dict[Node, tuple[Node, Node]]:
    """Products to which something is added that is only loaded: what their sum begins with, and the sum as a node."""
    readers: dict[Node, list[Node]] = {}
    stored = {*plan.kept, *plan.graph.after.values(), plan.graph.output}
    for each in plan.graph.nodes():
        for argument in each.args:
            readers.setdefault(argument, []).append(each)
    found = {}
    for product in products:
        if product in stored or len(readers[product]) != 1 or readers[product][0].op != "add":
            continue
        (whole,) = readers[product]
        start = whole.args[1] if whole.args[0] is product else whole.args[0]
        if not any(each.op in NONLINEAR or each.op == "product" for each in ordered([start])):
            found[product] = start, whole
    return found


def _backward(plan: KernelPlan, number: int) -> StageSource:
    stage, places = plan.backward[number], Places(plan)
    earlier = plan.backward[:number]
    source, columns = StageSource(plan, 4), len(plan.gradient.columns())
    rest = Statements(lambda each: places.backward(earlier, each))
    step = "t" if number else "(t + 1)"
    for reading in stage.readings:
        of = plan.readings[reading]
        source.add_sums(reading, 1)
        sum_ = source.sum(reading, 0)
        leaf = node("d_input", key=(reading,)) if number else node("d_state", key=of.source.key)
        start = "constant(0)" if number else places.backward((), leaf)
        assert start is not None
        source.before.append((sum_, start))
        rest.know(leaf, sum_)
        for place, column in enumerate(of.columns):
            rows = f"w->columns + (({step} * B + row) * {columns} + {column}) * H"
            panel = f"w->panels[{reading}] + (unit * {len(of.columns)} + {place} * vectors * W) * w->U"
            source.calls.append(Call("vectors", rows, f"{columns} * H", panel, reading, 0))
    source.calls_if = None if number else "t < w->T - 1"
    rest.load_first(stage.results, "d_state")  # the gradients of the state before the step come into the same places
    for each in stage.results:
        value = rest.value(each)
        rest.lines += [f"{store}, {value});" for store in places.stores_backward(each)]
    source.rest_lines = rest.lines
    return source
