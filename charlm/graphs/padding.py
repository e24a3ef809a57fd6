"""Whether a layer may be padded with units that do not exist, to a width that a kernel takes. Knows no engine.

A padded unit has weights, state and incoming gradients of zero. What it computes is multiplied by weights of zero, and
that is zero unless it is infinite or nan. So one such unit is followed through the time steps, in float32.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from charlm.graphs.adjoints import INCOMING, StepGradient
from charlm.graphs.nodes import Node, node, ordered
from charlm.graphs.numbers import FUNCTIONS

STEPS = 1024  # a state that does not settle is followed so far
LARGE = np.float32(1e18)


@cache
def may_be_padded(gradient: StepGradient) -> bool:
    """Whether all that a padded unit computes, forwards and backwards, stays finite."""
    after = gradient.graph.after
    factors = [term.factor for term in gradient.vectors]
    roots = [gradient.graph.output, *after.values(), *gradient.inputs, *gradient.roots(), *factors]
    state = dict.fromkeys(after, np.float32(0))
    for _ in range(STEPS):
        values = _values(roots, state)
        if not all(abs(values[root]) < LARGE for root in roots):  # nan is not less
            return False
        new = {name: values[root] for name, root in after.items()}
        if new == state:
            return True
        state = new
    return True


def _values(roots: list[Node], state: dict[str, np.float32]) -> dict[Node, np.float32]:
    values: dict[Node, np.float32] = {node("state", key=(name,)): value for name, value in state.items()}
    with np.errstate(all="ignore"):
        for each in ordered(roots):
            if each in values:
                continue
            if each.op == "constant":
                values[each] = np.float32(each.key[0])
            elif each.op in FUNCTIONS:
                found = FUNCTIONS[each.op](*(values[argument] for argument in each.args))
                values[each] = np.float32(found)
            else:
                assert each.op in INCOMING or each.op in ("projected", "below", "vector", "product"), each.op
                values[each] = np.float32(0)
    return values
