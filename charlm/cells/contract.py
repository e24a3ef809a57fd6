"""What `Cell` promises about shapes, tried with numbers: a cell that breaks it is told what it gives. Knows no file.

Shape letters: B rows, T time, I input, H hidden, K projected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.cell import Cell
from charlm.errors import UsageError

B, T = 2, 3


def check_contract(
    cell: Cell, input_size: int, hidden_size: int, below: bool, as_array: Callable[[Any], Array] = np.asarray
) -> None:
    """Run one step with random numbers. `as_array` makes the arrays of numpy's, float64.

    Raises UsageError if a shape, a name or a number is not what Cell says, and what the cell itself raises.
    """
    weights = _weights(cell, input_size, hidden_size, below)
    rng = np.random.default_rng(0)

    def numbers(*shape: int) -> Array:
        return as_array(rng.uniform(-1, 1, shape))

    given = {name: as_array(value.astype(np.float64)) for name, value in weights.items()}
    projected = cell.project(given, numbers(T, B, input_size))
    shape = tuple(getattr(projected, "shape", ()))
    if shape[:2] != (T, B) or len(shape) != 3:
        _refuse(cell, "project", f"gives {_said(projected)} for an input of shape {(T, B, input_size)}", (T, B, "K"))
    widths = _state_widths(cell, input_size, hidden_size)
    state = cell.STATE(**{part: as_array(np.zeros((B, width))) for part, width in widths.items()})
    memory = numbers(B, hidden_size) if below else None
    found: Any = cell.step(cell.step_weights(given), projected[0], state, memory)
    if not (isinstance(found, tuple) and len(found) == 3):
        raise UsageError(
            f"step of {type(cell).__name__} does not return three things",
            f"it returns {_said(found)}",
            "Write return output, State(...), {}: the output, the new state, and inner values by name.",
        )
    output, after, inner = found
    wanted = (B, hidden_size)
    _require(cell, "the output of step", output, wanted)
    if type(after) is not cell.STATE:
        raise UsageError(
            f"step of {type(cell).__name__} gives {_said(after)} as the new state",
            "the second of what step returns",
            f"Return a {cell.STATE.__name__}({', '.join(cell.STATE._fields)}).",
        )
    for name, value in zip(after._fields, after, strict=True):
        _require(cell, f"{name} of the new state", value, (B, widths[name]))
    if not isinstance(inner, Mapping):
        raise UsageError(f"step of {type(cell).__name__} gives {_said(inner)} as inner values", "", "Return {} there.")
    for name in cell.GATES:
        if name not in inner:
            raise UsageError(f"GATES of {type(cell).__name__} has {name}, and step's inner values lack it", "", "")
        _require(cell, f"the gate {name}", inner[name], wanted)


def _state_widths(cell: Cell, input_size: int, hidden_size: int) -> dict[str, int]:
    widths: Any = cell.state_widths(input_size, hidden_size)
    named = isinstance(widths, dict) and set(widths) == set(cell.STATE._fields)
    if not named or not all(type(width) is int and width > 0 for width in widths.values()):
        raise UsageError(
            f"state_widths of {type(cell).__name__} gives {widths!r}",
            f"its state has {', '.join(cell.STATE._fields)}",
            "Return how many numbers each part of the state has in a row: {'h': hidden_size, ...}.",
        )
    if cell.MEMORY and widths[cell.MEMORY] != hidden_size:
        raise UsageError(
            f"{cell.MEMORY} of {type(cell).__name__} has {widths[cell.MEMORY]} numbers for {hidden_size} units",
            "the memory that the layer above may read",
            "Give it one number for each unit.",
        )
    return dict(widths)


def _weights(cell: Cell, input_size: int, hidden_size: int, below: bool) -> dict[str, np.ndarray]:
    name = type(cell).__name__
    shapes: Any = cell.shapes(input_size, hidden_size, below)
    if not isinstance(shapes, dict) or not shapes or not all(map(_is_shape, shapes.values())):
        raise UsageError(
            f"shapes of {name} gives {_said(shapes)}",
            f"{name}.shapes({input_size}, {hidden_size})",
            "Return the shape of each weight by name: {'weight_ih': (hidden_size, input_size), ...}.",
        )
    weights: Any = cell.initial_weights(np.random.default_rng(0), input_size, hidden_size, below)
    if not isinstance(weights, Mapping) or set(weights) != set(shapes):
        raise UsageError(f"initial_weights of {name} does not give the weights of shapes", _said(weights), "")
    for key, shape in shapes.items():
        _require(cell, f"the initial {key}", weights[key], shape)
    return dict(weights)


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and 1 <= len(value) <= 2 and all(type(n) is int and n > 0 for n in value)


def _require(cell: Cell, what: str, value: Any, shape: tuple[int, ...]) -> None:
    """That a value is an array of this shape, of finite numbers."""
    if tuple(getattr(value, "shape", (None,))) != shape:
        _refuse(cell, what, f"is {_said(value)}", shape)
    if not np.isfinite(np.asarray(value.detach() if hasattr(value, "detach") else value)).all():
        raise UsageError(
            f"{what} of {type(cell).__name__} is not finite",
            f"with random weights, and a state of zeros of {shape[-1]} units",
            "A nan or an infinite number would end every training: look for a division, a logarithm or a root of zero.",
        )


def _refuse(cell: Cell, what: str, found: str, wanted: tuple[int | str, ...]) -> None:
    shape = ", ".join(map(str, wanted))
    raise UsageError(
        f"{what} of {type(cell).__name__} {found}", f"tried with {B} rows", f"It must be an array of shape ({shape})."
    )


def _said(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"a {type(value).__name__}" if shape is None else f"an array of shape {tuple(shape)}"
