"""The results of `charlm inspect` as tables, and gradients for `--json`. Knows no runs and no models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from charlm.inspection.gates import GateShares
from charlm.inspection.gradients import VANISHED, GradientNorms

SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # distances in the table; --json has all

Row = tuple[str, ...]


def gradient_rows(
    names: Sequence[str], trained: Sequence[GradientNorms], fresh: Sequence[GradientNorms | None], distance: int
) -> Iterator[Row]:
    """A row for each network: the median norm at some distances up to `distance`, and how it falls."""
    shown = sorted({k for k in SHOWN if k < distance} | {distance})
    yield "distance", *map(str, shown), "for each character"
    for name, after, start in zip(names, trained, fresh, strict=True):
        for label, norms in ((name, after), (f"{name}, fresh", start)):
            if norms:
                yield (
                    label,
                    *("none" if np.isnan(norms.median[k]) else f"{norms.median[k]:.1e}" for k in shown),
                    _decay(norms),
                )


def _decay(norms: GradientNorms) -> str:
    factor, half = norms.factor, norms.half_distance
    parts = [] if factor is None else [f"x {factor:.3f}"]
    parts += [] if half is None else [f"halves every {half:.1f} characters"]
    parts += [] if norms.vanished_at is None else [f"under {VANISHED:.0e} from {norms.vanished_at} characters on"]
    return ", ".join(parts) or "too few distances to say"


def norms_json(norms: GradientNorms) -> dict[str, Any]:
    """Lists have an item for each distance from 0 on; None if no record is as long."""
    lower, median, upper = ([None if np.isnan(each) else each for each in row.tolist()] for row in norms.quartiles)
    return {
        "positions": norms.positions,
        "median": median,
        "lower_quartile": lower,
        "upper_quartile": upper,
        "factor_per_character": norms.factor,
        "half_distance": norms.half_distance,
        "vanished_at": norms.vanished_at,
    }


def gate_rows(
    names: Sequence[str], trained: Sequence[Sequence[GateShares]], fresh: Sequence[Sequence[GateShares]]
) -> Iterator[Row]:
    """A row for each layer and gate: the shares of its values under 0.1, between, and over 0.9.

    Below it, if there is one, the same gate of the fresh network.
    """
    yield "run", "layer", "gate", "under 0.1", "between", "over 0.9"
    for name, gates, starts in zip(names, trained, fresh, strict=True):
        for number, gate in enumerate(gates):
            yield name, str(gate.layer), gate.gate, *_percent(gate)
            if starts:
                yield f"{name}, fresh", str(gate.layer), gate.gate, *_percent(starts[number])


def _percent(gate: GateShares) -> Row:
    return f"{gate.low:.1%}", f"{gate.between:.1%}", f"{gate.high:.1%}"
