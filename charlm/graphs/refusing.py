"""What no symbolic array can do, refused by the name of the operation. Knows no cell.

Python and numpy would otherwise answer some of it themselves, and wrongly: an array without `__bool__` is true, two
arrays without `__eq__` are unequal, and numpy calls a method `tanh` where it finds one.
"""

from __future__ import annotations

import operator
from typing import Any, ClassVar, NoReturn

import numpy as np

# What numpy does when a number of its own stands at the left of an operator.
OPERATORS: dict[Any, Any] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
}


class UntraceableError(Exception):
    """A step does what a graph cannot say. The message is the operation."""


class Symbolic:
    """An array without numbers. Every operation that a subclass does not define raises UntraceableError."""

    MODULE: ClassVar[Any]  # what joins arrays of the kind, as torch joins tensors

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python asks which protocols an object has
            raise AttributeError(name)
        raise UntraceableError(name)

    def __bool__(self) -> NoReturn:
        raise UntraceableError("a decision on the values of an array (if, and, or, not, while)")

    def __len__(self) -> NoReturn:
        raise UntraceableError("len of an array")

    def __iter__(self) -> NoReturn:
        raise UntraceableError("a loop over an array")

    def __float__(self) -> NoReturn:
        raise UntraceableError("an array as a single number")

    __int__ = __index__ = __float__

    def __eq__(self, other: object) -> NoReturn:
        raise UntraceableError("the comparison == or !=")

    __hash__ = object.__hash__

    def __setitem__(self, index: object, value: object) -> NoReturn:
        raise UntraceableError("an assignment into an array")

    def __array__(self, *given: object, **named: object) -> NoReturn:
        raise UntraceableError("an array of numpy made of an array")

    def __array_ufunc__(self, function: Any, method: str, *given: Any, **named: Any) -> Any:
        """A function of numpy's that works element by element; also its operators."""
        if function in OPERATORS and method == "__call__" and not named and np.ndim(given[0]) == 0:
            return OPERATORS[function](float(given[0]), given[1])
        raise UntraceableError(f"numpy.{function.__name__}")

    def __array_function__(self, function: Any, *given: Any) -> NoReturn:
        raise UntraceableError(f"numpy.{function.__name__}")

    @classmethod
    def __torch_function__(cls, function: Any, *given: Any, **named: Any) -> NoReturn:
        raise UntraceableError(f"torch.{getattr(function, '__name__', function)}")
