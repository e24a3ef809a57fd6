"""Nodes as C: one vector of floats for each, by the vector extension that kernels/vectors.h describes. Knows no cell.

Text for functions that exist once for each number type: NAME(x) is x with the type's ending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from charlm.graphs.nodes import Node, ordered

OPERATIONS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
    "less": "ones_where({} < {})",
    "less_equal": "ones_where({} <= {})",
    "where": "chosen({}, {}, {})",
    "sigmoid": "NAME(sigmoid)({})",
    "tanh": "NAME(tanh)({})",
    "exp": "exp_ps({})",
    "expm1": "expm1_ps({})",
    "log": "log_ps({})",
    "sqrt": "sqrt_ps({})",
    "absolute": "absolute({})",
}


# For results that stay float32, whatever the number type of the products is.
IN_FLOAT32 = OPERATIONS | {"sigmoid": "sigmoid_ps({})", "tanh": "tanh_ps({})"}


class Statements:
    """Lines of C that compute nodes, each once. `load` gives the C of a node that is stored, and None for others."""

    def __init__(self, load: Callable[[Node], str | None], operations: Mapping[str, str] = OPERATIONS) -> None:
        self.lines: list[str] = []
        self._load, self._operations = load, operations
        self._names: dict[Node, str] = {}

    def know(self, node: Node, name: str) -> None:
        """A node whose value a variable has already."""
        self._names[node] = name

    def value(self, root: Node) -> str:
        """The variable of a node; the lines that compute it are appended."""
        for each in ordered([root], stop=lambda node: node in self._names or self._load(node) is not None):
            if each not in self._names:
                self._names[each] = self._define(each)
        return self._names[root]

    def load_first(self, roots: Iterable[Node], op: str) -> None:
        """Load the leaves of that kind which nodes are computed from, before stores can overwrite their places."""
        known = set(self._names)
        leaves = [each for each in ordered(roots, stop=known.__contains__) if each.op == op and each not in known]
        for each in leaves:
            self.value(each)

    def _define(self, each: Node) -> str:
        if each.op == "constant":
            return f"constant({float(each.key[0])!r})"
        loaded = self._load(each)
        text = (
            self._operations[each.op].format(*(self._names[argument] for argument in each.args))
            if loaded is None
            else loaded
        )
        name = f"x{len(self._names)}"
        self.lines.append(f"const floats {name} = {text};")
        return name
