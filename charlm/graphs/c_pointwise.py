"""A cell's kernel as C where no product is in the step: one layer through a window, from the plan of its step.

Rows and units are then independent of each other. So a thread takes some units of all rows through all steps, and reads
each row from its first unit to its last: a tile of rows, which products need, would jump between them. What is added up
over steps and rows, the gradients of vectors and of symbols' rows, is added up on the way, and not stored for all steps
first. The text is included once for each number type, with NAME defined; kernels/window.h describes its arrays.

Letters: W numbers of a vector, H units; K, M blocks of projected, columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from charlm.graphs.c_expressions import Statements
from charlm.graphs.c_places import Places
from charlm.graphs.nodes import multiply
from charlm.graphs.stages import KernelPlan

COUNT = "count"


def pointwise_source(name: str, plan: KernelPlan) -> str:
    """The C of NAME(name_forward) and NAME(name_backward), which run some units of some rows through a window."""
    return "\n\n".join(
        [
            _step(f"{name}_forward", plan, _forward(plan)),
            _loop(f"{name}_forward", "int64_t t = 0; t < w->T; t++"),
            _step(f"{name}_backward", plan, _backward(plan)),
            _loop(f"{name}_backward", "int64_t t = w->T - 1; t >= 0; t--"),
            "",
        ]
    )


def _loop(name: str, steps: str) -> str:
    return f"""static void NAME({name})(const NAME(Window) *w, Barrier *barrier, int64_t first, int64_t end,
    int64_t from, int64_t to) {{
    (void)barrier;
    for ({steps}) for (int64_t row = first; row < end; row++) {{
        int64_t unit = from;
        for (; unit + W <= to; unit += W) NAME({name}_step)(w, t, row, unit, W);
        if (unit < to) NAME({name}_step)(w, t, row, unit, (int)(to - unit));
    }}
}}"""


def _step(name: str, plan: KernelPlan, lines: list[str]) -> str:
    """One step of one row, for a vector of units, of which `count` are there."""
    K, M = plan.graph.projected, len(plan.columns)  # noqa: N806
    pointers = {
        "projected": "const NAME(real) *projected = w->projected + "
        "(w->ids ? w->ids[flat] : flat) * w->projected_row + u;",
        "past": "const NAME(real) *past = w->projected + "
        "(t ? (w->ids ? w->ids[flat - B] : flat - B) * w->projected_row + u : 0);",
        "columns": f"NAME(real) *columns = w->columns + flat * {M} * H + u;",
        "totals": f"float *totals = w->totals + (w->totals ? w->ids[flat] * {K} * H + u : 0);",
        "sums": "float *sums = w->sums + u;",
    }
    return "\n".join(
        [
            f"INLINE void NAME({name}_step)(const NAME(Window) *w, int64_t t, int64_t row, int64_t u, int count) {{",
            "    const int64_t B = w->B, H = w->H, flat = t * B + row, at = flat * H + u, own = row * H + u;",
            "    (void)at, (void)own;",
            *(f"    {text}" for key, text in pointers.items() if any(f"({key} + " in line for line in lines)),
            *(f"    {line}" for line in lines),
            "}",
        ]
    )


def _forward(plan: KernelPlan) -> list[str]:
    places = Places(plan, COUNT)
    rest = Statements(lambda each: places.forward((), each))
    for each in dict.fromkeys([*plan.graph.after.values(), plan.graph.output]):
        value = rest.value(each)
        rest.lines += [f"{store}, {value});" for store in places.stores_forward(each)]
    return rest.lines


def _backward(plan: KernelPlan) -> list[str]:
    places, gradient = Places(plan, COUNT), plan.gradient
    rest = Statements(lambda each: places.backward((), each))
    terms = [multiply(term.column, term.factor) for term in gradient.vectors]
    before = [gradient.before[field] for field in plan.fields]
    below = [] if gradient.below is None else [gradient.below]
    # The gradients of the state before the step come into the places of those after it, which are read first.
    rest.load_first([*plan.columns, *terms, *before, *below], "d_state")
    columns = [rest.value(each) for each in plan.columns]
    if columns:
        by_symbol = [columns[plan.columns.index(each)] for each in gradient.projected]
        stores = [f"{places.store_real(f'columns + {n} * H')}, {value});" for n, value in enumerate(columns)]
        rest.lines += ["if (w->totals) {", *_indented(_added(places, "totals", by_symbol)), "} else {"]
        rest.lines += [*_indented(stores), "}"]
    rest.lines += _added(places, "sums", [rest.value(each) for each in terms])
    for number, each in enumerate(before):
        value = rest.value(each)
        rest.lines.append(f"{places.store_floats(f'w->d_states[{number}] + own')}, {value});")
    for each in below:
        value = rest.value(each)
        rest.lines.append(f"{places.store_floats('w->d_below + at')}, {value});")
    return rest.lines


def _added(places: Places, array: str, values: Iterable[str]) -> list[str]:
    """Statements that add variables to the blocks of an array, in their order."""
    blocks = [(f"{array} + {number} * H", value) for number, value in enumerate(values)]
    return [f"{places.store_floats(block)}, {places.floats(block)} + {value});" for block, value in blocks]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]
