"""Finds text that was decoded with a wrong encoding and saved again, such as `Ã©` for é. Knows no files.

The characters above ASCII are turned back into the bytes that they were decoded from. If those bytes are UTF-8, which
text in a natural language hardly ever is by chance, the text was UTF-8 once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

DECODED_AS = ("cp1252", "cp1251", "mac-roman", "cp437")  # as which UTF-8 is most often misread
LONGEST = 64  # characters of a run; of a longer one the rest may begin within a character
RUN = re.compile(rf"[^\x00-\x7f]{{1,{LONGEST}}}")
MOST_RUNS = 2000  # that are looked at
LEAST = 2  # repaired runs, so that no single word decides
SHARE = 0.5  # of the runs; French has `É»` now and then, which is UTF-8 by chance, beside many a lone é


def misread_as(text: str) -> tuple[str, str, str] | None:
    """The encoding in which a UTF-8 text was misread, an example of the result, and what it should be.

    None if it was not. Characters of the text above U+007F decide; a text of ASCII is never misread.
    """
    runs = [run for run in _runs(text) if not _is_cut(run)]
    for encoding in DECODED_AS:
        repaired = [(run, fixed) for run in runs if (fixed := repair(run, encoding)) is not None]
        if len(repaired) >= max(LEAST, SHARE * len(runs)):
            run, fixed = min(repaired, key=lambda pair: len(pair[0]))
            return encoding, run, fixed
    return None


def repair(run: str, encoding: str) -> str | None:
    """The characters that these bytes of UTF-8, misread in an encoding, should have been; None if they are no UTF-8."""
    back = _back(encoding)
    if any(character not in back for character in run):
        return None
    try:
        return bytes(back[character] for character in run).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _runs(text: str) -> Iterable[str]:
    for number, match in enumerate(RUN.finditer(text)):
        if number == MOST_RUNS:
            return
        yield match[0]


def _is_cut(run: str) -> bool:
    return len(run) == LONGEST


@cache
def _back(encoding: str) -> dict[str, int]:
    """The byte of each character. Bytes that cp1252 does not define become C1 controls, as browsers read them."""
    table = {chr(byte): byte for byte in range(0x80, 0x100)} if encoding == "cp1252" else {}
    for byte in range(0x80, 0x100):
        character = bytes([byte]).decode(encoding, "ignore")
        if character:
            table[character] = byte
    return table
