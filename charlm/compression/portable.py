"""Arrays whose arithmetic gives the same bits on every machine, to run a cell's own equations with. Knows no cell.

IEEE 754 defines + - * / and the square root to the last bit. Three things are not defined: exp and tanh, which here are
those of elementary.py; sums, whose order depends on the machine; and products of matrices, which are many sums.

A product is computed so that the order does not matter: both factors are rounded to multiples of a power of 2, so
coarse that every product of two numbers, and every sum of these, is a whole number below 2^53 times one unit. BLAS then
makes no rounding error, in whatever order it adds, with however many threads. Weights keep 22 bits, about as many as in
float32, and what they are multiplied with keeps 31 bits less those that the sum of all products needs.

Other sums are taken in order, from the first number to the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.compression.elementary import exp, expm1, log, logaddexp, tanh
from charlm.errors import UsageError
from charlm.model.language_model import LanguageModel
from charlm.model.state import State, map_state
from charlm.model.stepping import DefinitionStepper

SIGNIFICAND = 53  # bits of a float64
WEIGHT_BITS = 22
EXACT = {  # what IEEE 754 defines, and what only chooses, compares or moves
    *("add", "subtract", "multiply", "divide", "negative", "absolute", "fabs", "sqrt", "square", "maximum"),
    *("minimum", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or"),
    *("logical_not", "bitwise_and", "bitwise_or", "invert", "isfinite", "clip", "sign", "copysign", "rint", "floor"),
}
OWN: dict[str, Callable[..., npt.NDArray[np.float64]]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "logaddexp": logaddexp,
    "tanh": tanh,
}


class PortableArray(np.ndarray):
    """A numpy array of float64 whose operations are the same everywhere. Raises UsageError for others.

    `rounded`: it is a weight, whose numbers have WEIGHT_BITS bits and one unit. So have those of its views.
    """

    rounded = False

    def __array_finalize__(self, whole: Any) -> None:
        self.rounded = getattr(whole, "rounded", False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **named: Any) -> Any:
        plain = [np.asarray(each) if isinstance(each, np.ndarray) else each for each in inputs]
        out = named.pop("out", None)
        if method == "__call__" and ufunc is np.matmul:
            found = exact_product(plain[0], plain[1], getattr(inputs[1], "rounded", False))
        elif method == "__call__" and ufunc.__name__ in OWN:
            found = OWN[ufunc.__name__](*plain)
        elif method == "reduce" and ufunc is np.add:
            found = _sum(plain[0], **named)
        elif (method == "__call__" and ufunc.__name__ in EXACT) or (
            method == "reduce" and ufunc.__name__ in ("maximum", "minimum")
        ):
            found = getattr(ufunc, method)(*plain, **named)
        else:
            raise _not_portable(f"{ufunc.__name__} ({method})")
        if out:
            np.asarray(out[0])[...] = found
            return out[0]
        return _portable(found)

    def __array_function__(self, function: Any, types: Any, arguments: Any, named: Any) -> Any:
        return _portable(super().__array_function__(function, types, arguments, named))


def _portable(found: Any) -> Any:
    """Found arrays of numbers as portable ones; lists of arrays too."""
    if isinstance(found, list | tuple):
        return type(found)(map(_portable, found))
    if isinstance(found, np.ndarray | np.floating) and np.asarray(found).dtype == np.float64:
        return np.asarray(found).view(PortableArray)
    return found


def _sum(x: npt.NDArray[Any], axis: Any = 0, keepdims: bool = False, **named: Any) -> Any:
    """The sum along one axis or all, from the first number to the last."""
    if others := [name for name, value in named.items() if value is not None and value is not True]:
        raise _not_portable(f"a sum with {', '.join(others)}")
    if axis is None:
        x, axis = x.ravel(), 0
    total = np.add.accumulate(x, axis=axis).take([-1], axis=axis)
    return total if keepdims else total.squeeze(axis)


def exact_product(x: npt.NDArray[Any], y: npt.NDArray[Any], rounded: bool = False) -> npt.NDArray[np.float64]:
    """x (..., N, K) times y (..., K, M) with each factor rounded so that no sum is; `rounded`: y is already."""
    terms = max(1, x.shape[-1] - 1).bit_length()
    exact = _rounded(x, SIGNIFICAND - WEIGHT_BITS - terms)
    return np.asarray(exact @ (y if rounded else _rounded(y, WEIGHT_BITS)))


def _rounded(x: npt.NDArray[Any], bits: int) -> npt.NDArray[np.float64]:
    """Numbers of that many bits and one common unit."""
    largest = float(np.abs(x).max()) if x.size else 0.0
    if largest == 0 or not np.isfinite(largest):
        return np.asarray(x, np.float64)
    exponent = int(np.frexp(largest)[1]) - bits
    return np.asarray(np.ldexp(np.rint(np.ldexp(x, -exponent)), exponent))


def _not_portable(operation: str) -> UsageError:
    return UsageError(
        "The model cannot be run in the same way on every machine",
        f"it uses {operation}, which is defined up to rounding only",
        "Leave --portable out: then a machine like this one can decode the file.",
    )


class PortableStepper(DefinitionStepper):
    """The definition's stepper in portable arrays."""

    batch_invariant = True

    def __init__(self, model: LanguageModel) -> None:
        """The parameters are numpy arrays."""
        parameters = {name: _weight(value) for name, value in model.parameters.items()}
        super().__init__(LanguageModel(model.settings, parameters))

    def fresh(self, rows: int) -> State:
        return map_state(super().fresh(rows), _portable)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """As of the class above, with logits in float64."""
        logits, state = super().step(ids, state)
        return np.asarray(logits), state


def _weight(value: np.ndarray) -> np.ndarray:
    exact = _rounded(value.astype(np.float64), WEIGHT_BITS).view(PortableArray)
    exact.rounded = True
    return exact
