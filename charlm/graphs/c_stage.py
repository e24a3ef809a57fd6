"""The C of one stage of a kernel (graphs/c_kernel.py). Knows where things stand, and not what they mean."""

from __future__ import annotations

from typing import NamedTuple

from charlm.graphs.stages import KernelPlan

WHERE = "const NAME(Window) *w, int64_t t, int64_t row, int64_t unit"


class Call(NamedTuple):
    """One call of NAME(multiply), in C: how many vectors; rows, their stride and the panel; where the sums go."""

    vectors: str
    rows: str
    stride: str
    panel: str
    reading: int
    part: int

    def text(self) -> str:
        sums = f"acc{self.reading}[{self.part}]"
        return f"NAME(multiply)(R, {self.vectors}, {self.rows}, {self.stride}, {self.panel}, w->U, {sums});"


def chunk_sizes(vectors: int) -> list[int]:
    """How many vectors are multiplied at once, as `chunk` in kernels/window.h divides them."""
    found: list[int] = []
    while left := vectors - sum(found):
        calls = -(-left // 4)
        found.append(-(-left // calls))
    return found


class StageSource:
    """The parts of a stage's C. `repeat` is how many vectors of units its tiles have; the last may have fewer."""

    def __init__(self, plan: KernelPlan, repeat: int) -> None:
        self._plan, self.repeat = plan, repeat
        self._sums: dict[int, int] = {}  # reading -> products
        self.before_lines: list[str] = []
        self.before: list[tuple[str, str]] = []  # a sum, and what it begins with
        self.calls: list[Call] = []
        self.calls_if: str | None = None
        self.rest_lines: list[str] = []

    def add_sums(self, reading: int, products: int) -> None:
        """The tile has sums for that many products of an input."""
        self._sums[reading] = products

    def sum(self, reading: int, place: int) -> str:
        """The C of one sum, for row r and vector j of units."""
        if self.repeat > 1:
            return f"acc{reading}[0][r][{place} * vectors + j]"
        sizes = chunk_sizes(self._sums[reading])
        part = next(n for n in range(len(sizes)) if place < sum(sizes[: n + 1]))
        return f"acc{reading}[{part}][r][{place - sum(sizes[:part])}]"

    def most_vectors(self) -> int:
        """The most vectors that a call of this stage multiplies at once."""
        return max((max(chunk_sizes(count * self.repeat)) for count in self._sums.values()), default=4)

    def text(self, name: str) -> str:
        """The stage as a C function, for one tile."""
        kinds = [f"acc{n}[{len(chunk_sizes(count * self.repeat))}][MOST_ROWS][4]" for n, count in self._sums.items()]
        before = [*self.before_lines, *(f"{sum_} = {start};" for sum_, start in self.before)]
        calls = [call.text() for call in self.calls]
        if self.calls_if:
            calls = [f"if ({self.calls_if}) {{", *(f"    {call}" for call in calls), "}"] if calls else []
        lines = [
            f"static void NAME({name})(int R, {WHERE}) {{",
            "    const int64_t B = w->B, H = w->H;",
            f"    const int vectors = {'1' if self.repeat == 1 else f'tile_vectors(H, unit, {self.repeat})'};",
            *(f"    floats {kind};" for kind in kinds),
            *(self._for_each_vector(before) if before else []),
            *(f"    {call}" for call in calls),
            *self._for_each_vector(self.rest_lines),
            "}",
        ]
        return "\n".join(lines)

    def _for_each_vector(self, lines: list[str]) -> list[str]:
        """Lines for row r and vector j of units, in the loops over both, with what they refer to."""
        plan = self._plan
        N, M, C = len(plan.kept), len(plan.gradient.columns()), len(plan.carried)  # noqa: N806
        pointers = {
            "projected": "const NAME(real) *projected = w->projected + "
            "(w->ids ? w->ids[flat] : flat) * w->projected_row + u;",
            "kept": f"NAME(real) *kept = w->kept + (w->kept_steps ? flat : row + r) * {N} * H + u;",
            "columns": f"NAME(real) *columns = w->columns + flat * {M} * H + u;",
            "carried": f"float *carried = w->carried + (row + r) * {C} * H + u;",
        }
        return [
            "    for (int r = 0; r < R; r++) for (int j = 0; j < vectors; j++) {",
            "        const int64_t flat = t * B + row + r, u = unit + j * W;",
            "        const int64_t at = flat * H + u, own = (row + r) * H + u;",
            "        (void)at, (void)own;",
            *(f"        {text}" for name, text in pointers.items() if any(f"({name} + " in line for line in lines)),
            *(f"        {line}" for line in lines),
            "    }",
        ]
