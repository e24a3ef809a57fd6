"""Extended grapheme clusters: what a reader takes for one character (Unicode's UAX 29). Knows no ids.

The rules and tables are those of the library `regex`, but for two things. CR LF are two symbols, so that a line end is
the same symbol in every text. And a symbol has at most LONGEST code points, so that no text can make a symbol, nor what
is held of a stream, as long as itself: each symbol is the first cluster of the next LONGEST code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

LONGEST = 32  # code points of a symbol; families of emoji have up to 11
PIECE = 8 * LONGEST  # code points that are divided together: the time that regex takes for flags grows with its square


def clusters(text: str) -> list[str]:
    """The clusters of a text, one after another."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    start = 0
    while start < len(text):
        end = start + PIECE
        # Nothing joins with a line end. A piece that does not end with one may end within a cluster.
        end = len(text) if end >= len(text) else text.rfind("\n", start, end) + 1 or end
        piece = text[start:end]
        whole = end == len(text) or piece.endswith("\n")
        if not any(map(_joins, set(piece))):
            found += piece if whole else piece[:-1]
            start = end if whole else end - 1
            continue
        divided = _pattern().findall(piece)
        if not whole and len(divided) > 1:
            divided.pop()
        for cluster in divided:
            found.append(cluster[:LONGEST])
            start += len(found[-1])
            if len(cluster) > LONGEST:
                break
    return found


def in_whole_clusters(texts: Iterable[str]) -> Iterator[str]:
    """The same text in pieces of which each can be divided by itself."""
    held = ""
    for text in texts:
        held += text
        cut = held.rfind("\n") + 1
        if not cut and held:
            last = len(clusters(held)[-1])
            cut = len(held) - (last if last < LONGEST else 0)  # more text may make a shorter one longer
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def rules_version() -> list[Any]:
    """What decides about clusters beside the text."""
    import regex

    return [regex.__version__, LONGEST]


@cache
def _joins(character: str) -> bool:
    """Whether a code point can join with another one before or after it into a cluster.

    If none of a text can, each is a cluster. The syllables of Hangul join only with letters of Hangul, which do.
    """
    pairs = (f"a{character}", f"{character}a", character * 2)
    return any(_pattern().fullmatch(pair) for pair in pairs)


@cache
def _pattern() -> Any:
    import regex  # 20 ms, which only this unit needs

    return regex.compile(r"\r|\X")
