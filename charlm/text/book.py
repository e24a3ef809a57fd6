"""Finds the book between the two marker lines of Project Gutenberg, outside of which there are licence and credits.

The lines have changed since the 1990s. These are known: START OF THE (or THIS, or THE COPYRIGHTED) PROJECT GUTENBERG
EBOOK (E-BOOK, ETEXT), in one line or several; the end of the small print of older files; and `End of (the) Project
Gutenberg's ...`. Memory does not grow with the text. Knows no files.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

HEADER = 1 << 17  # characters within which the first book begins
LONGEST = 1000  # characters of a marker with the rest of its title
_OF = r"OF[ \t]+(?:THE|THIS)[ \t]+(?:COPYRIGHTED[ \t]+)?PROJECT[ \t]+GUTENBERG(?:'S)?[ \t]+E-?(?:BOOK|TEXT)"
_TITLE = r"(?:[^\n*]*\n){0,4}?[^\n*]*\*{3}[^\n]*|[^\n]*"  # up to the stars that close it, or the end of the line
START = re.compile(
    rf"^[ \t]*\*{{3}}[ \t]*START[ \t]+{_OF}(?:{_TITLE})(?:\n|\Z)"
    r"|^[ \t]*\*END[ \t]?\*?[ \t]?THE SMALL PRINT!.*\*END\*[^\n]*(?:\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
END = re.compile(
    rf"^[ \t]*\*{{3}}[ \t]*END[ \t]+{_OF}"
    r"|^[ \t]*(?:\*{3}[ \t]*)?End of (?:the |this )?Project Gutenberg\b"
    r"|^[ \t]*Ende? dieses Projek?c?t Gutenberg\b",
    re.IGNORECASE | re.MULTILINE,
)

Span = tuple[int, int]


def may_begin(head: str) -> bool:
    """Whether a start marker is among the first HEADER characters of a text."""
    return START.search(head, 0, HEADER) is not None


def find_books(chunks: Iterable[str]) -> list[Span]:
    """(start, end) of each part between a start and an end marker, in characters; none if a marker is missing."""
    found: list[Span] = []
    start: int | None = None
    passed, text, place = 0, "", 0  # characters before the text that is looked at, that text, and where to look from
    for chunk, is_last in _with_last(chunks):
        text += chunk
        # A marker that begins in the last characters may not be whole; it is found with the next chunk.
        settled = len(text) if is_last else max(place, len(text) - LONGEST)
        while match := (START if start is None else END).search(text, place):
            if match.start() >= settled:
                break
            if start is None:
                start, place = passed + match.end(), match.end()
            else:
                found.append((start, passed + match.start()))
                start, place = None, match.end()
        # A line that has begun is kept, since a marker may; but of a long one, which has none, a character is enough.
        line = max(place, text.rfind("\n", place, settled) + 1)
        keep, place = (line, 0) if settled - line < LONGEST else (settled - 1, 1)
        passed, text = passed + keep, text[keep:]
    return found


def within(chunk: str, begin: int, spans: list[Span]) -> str:
    """The characters of a chunk, which begins at this place of the text, that lie in the spans."""
    first = bisect_right(spans, begin, key=lambda span: span[1])
    last = bisect_left(spans, begin + len(chunk), key=lambda span: span[0])
    return "".join(chunk[max(0, start - begin) : end - begin] for start, end in spans[first:last])


def _with_last(chunks: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each chunk, and an empty one that is marked as the last."""
    yield from ((chunk, False) for chunk in chunks)
    yield "", True
