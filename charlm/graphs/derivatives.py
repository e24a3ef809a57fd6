"""The derivative of each operation with respect to its arguments, as nodes. Knows no cell.

An operation's own value is used where that is cheaper: the derivative of s = sigma(x) is s (1 - s).
"""

from __future__ import annotations

from charlm.graphs.nodes import ONE, ZERO, Node, add, constant, multiply, negative, node, subtract


def partial_derivatives(y: Node) -> tuple[Node, ...]:
    """dy / dx for each argument x of an element-wise operation y."""
    args = y.args
    match y.op:
        case "add":
            return ONE, ONE
        case "subtract":
            return ONE, constant(-1)
        case "multiply":
            return args[1], args[0]
        case "divide":
            inverse = y if args[0] is ONE else node("divide", ONE, args[1])
            return inverse, negative(multiply(y, inverse))
        case "negative":
            return (constant(-1),)
        case "sigmoid":
            return (multiply(y, subtract(ONE, y)),)
        case "tanh":
            return (subtract(ONE, multiply(y, y)),)
        case "exp":
            return (y,)
        case "expm1":
            return (add(y, ONE),)
        case "log":
            return (node("divide", ONE, args[0]),)
        case "sqrt":
            return (node("divide", constant(0.5), y),)
        case "absolute":  # as in torch: 0 at 0
            below = node("where", node("less", args[0], ZERO), constant(-1), ZERO)
            return (node("where", node("less", ZERO, args[0]), ONE, below),)
        case "where":
            return ZERO, node("where", args[0], ONE, ZERO), node("where", args[0], ZERO, ONE)
        case "less" | "less_equal":
            return ZERO, ZERO
        case _:
            raise AssertionError(f"{y.op} has no derivative")
