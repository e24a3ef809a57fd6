"""Breaks text into lines at spaces only, for a number of cells: Chinese takes two a character. Knows no terminal."""

from __future__ import annotations


def fold(text: str, width: int) -> list[str]:
    """The text as lines, broken at spaces only, and not within `a command`, so that it can be copied.

    A word or a command that is wider than a line has one of its own.
    """
    lines = [""]
    for word in _unbroken(text):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cells(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _unbroken(text: str) -> list[str]:
    """The words of a text; what stands between two backticks is one of them."""
    words = text.split(" ")
    if text.count("`") % 2:
        return words
    joined: list[str] = []
    within = False
    for word in words:
        if within:
            joined[-1] += f" {word}"
        else:
            joined.append(word)
        within ^= word.count("`") % 2 == 1
    return joined


def cells(text: str) -> int:
    """The cells that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
