"""How a symbol is shown to a person, in quotes. Knows no ids and no terminal."""

from __future__ import annotations

UNKNOWN_NAME = "the unknown symbol"


def quoted(symbol: str) -> str:
    r"""'a', '\n', or a cluster such as an emoji of several code points as it is; the unknown symbol by its name."""
    if not symbol:
        return UNKNOWN_NAME
    visible = len(symbol) > 1 and symbol[0].isprintable() and symbol[0] not in "'\\"
    return f"'{symbol}'" if visible else repr(symbol)
