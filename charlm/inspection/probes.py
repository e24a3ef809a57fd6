r"""What is true of a text at each character, by the text alone. Knows no model.

A probe says of each character of a text (N,) either whether something holds (bool) or how much (float, NaN where it has
no value). It is about what stands before the next character: inside quotes is true after the opening quote, until the
closing one was read.

    quotes       inside double quotes, plain or curly, or guillemets, within a paragraph
    brackets     inside (), [] or {}
    depth        how many brackets are open
    column       characters since the line began
    line_end     characters until the line ends; the model cannot see it, only foresee it
    indentation  spaces and tabs at the beginning of the line
    word         inside a word: the last character was a letter or a digit
    capital      the next character is a capital
    speaker      on a line such as `FIRST CITIZEN:`, which names who speaks
    number       inside a number
    url          inside a URL
    speech_line  which line it is after such a line, or after an empty one

A user's own probe is a regular expression: it is true after each character that the expression matched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import UsageError

Found = npt.NDArray[Any]  # (N,) bool or float64
OPENING, CLOSING = "([{", ")]}"
CURLY = {"“": "”", "«": "»", "„": "“"}
SPEAKER = re.compile(r"^[A-Z][\w.' -]{0,40}:[ \t]*$", re.MULTILINE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+")
LONGEST_QUOTE = 2000  # characters: a quote that is never closed ends here


@dataclass(frozen=True)
class Probe:
    """A probe and what it says, for people: `is true inside double quotes`."""

    name: str
    about: str
    find: Callable[[str], Found]


def _code(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _at(text: str, characters: str) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isin(_code(text), [ord(one) for one in characters]))


def _matched(pattern: re.Pattern[str]) -> Callable[[str], Found]:
    """Where the pattern has matched."""

    def find(text: str) -> Found:
        found = np.zeros(len(text) + 1, np.int64)
        for match in pattern.finditer(text):
            found[match.start()] += 1
            found[match.end()] -= 1
        return np.cumsum(found)[:-1] > 0

    return find


def _quotes(text: str) -> Found:
    found = np.zeros(len(text), bool)
    begun, closing = -1, ""
    for place in np.flatnonzero(_at(text, '"“”«»„\n')).tolist():
        one = text[place]
        if begun >= 0 and (one == closing or place - begun > LONGEST_QUOTE):
            found[begun:place] = one == closing
            begun = -1
        elif begun < 0 and one in '"“«„':
            begun, closing = place, CURLY.get(one, one)
        elif one == "\n" and text[place + 1 : place + 2] == "\n":
            begun = -1  # a paragraph ends every quote
    return found


def _depth(text: str) -> Found:
    """Brackets that are open after each character; a closing one without an opening one counts as nothing."""
    steps = _at(text, OPENING).astype(np.int64) - _at(text, CLOSING)
    sums = np.cumsum(steps)
    return (sums - np.minimum(0, np.minimum.accumulate(sums))).astype(np.float64)


def _line_begins(text: str) -> npt.NDArray[np.int64]:
    """(N,) where the line of the next character begins."""
    after = np.where(_at(text, "\n\x1e"), np.arange(1, len(text) + 1), 0)
    return np.maximum.accumulate(after)


def _column(text: str) -> Found:
    return (np.arange(1, len(text) + 1) - _line_begins(text)).astype(np.float64)


def _line_end(text: str) -> Found:
    """NaN on a last line that has no end."""
    ends = np.where(_at(text, "\n\x1e"), np.arange(len(text)), len(text) * 2)
    nearest = np.minimum.accumulate(np.append(ends[1:], len(text) * 2)[::-1])[::-1]
    return np.where(nearest < len(text), nearest - np.arange(len(text)) - 1, np.nan)


def _indentation(text: str) -> Found:
    found = np.zeros(len(text))
    place = 0
    for line in text.split("\n"):
        found[place : place + len(line)] = len(line) - len(line.lstrip(" \t"))
        place += len(line) + 1
    return found


def _capital(text: str) -> Found:
    kinds = {one: one.isupper() for one in set(text)}
    return np.array([*(kinds[one] for one in text[1:]), False][: len(text)], bool)


def _word(text: str) -> Found:
    kinds = {one: one.isalnum() for one in set(text)}
    return np.fromiter((kinds[one] for one in text), bool, len(text))


def _speech_line(text: str) -> Found:
    """NaN where no speech has begun."""
    found = np.full(len(text), np.nan)
    place, number = 0, -1
    for line in text.split("\n"):
        speaks = bool(SPEAKER.match(line))
        number = 0 if speaks or not line.strip() else number + (number >= 0)
        if number > 0:
            found[place : place + len(line) + 1] = number
        place += len(line) + 1
    return found


PROBES = {
    probe.name: probe
    for probe in (
        Probe("quotes", "inside double quotes", _quotes),
        Probe("brackets", "inside brackets", lambda text: _depth(text) > 0),
        Probe("depth", "how many brackets are open", _depth),
        Probe("column", "characters since the line began", _column),
        Probe("line_end", "characters until the line ends", _line_end),
        Probe("indentation", "spaces at the line's beginning", _indentation),
        Probe("word", "inside a word", _word),
        Probe("capital", "the next character is a capital", _capital),
        Probe("speaker", "on a line that names a speaker", _matched(SPEAKER)),
        Probe("number", "inside a number", _matched(NUMBER)),
        Probe("url", "inside a URL", _matched(URL)),
        Probe("speech_line", "the line of the speech", _speech_line),
    )
}


def own_probe(given: str) -> Probe:
    """`name=regex`. Raises UsageError for anything else."""
    name, equals, pattern = given.partition("=")
    if not equals or not re.fullmatch(r"\w[\w-]{0,30}", name) or not pattern:
        what = f"{given!r} is no probe"
        raise UsageError(what, "--probe", f"Give one of {', '.join(PROBES)}, or 'name=regex'.")
    if name in PROBES:
        raise UsageError(f"There is a probe named {name} already", "--probe", "Give yours another name.")
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise UsageError(f"The regular expression of {name} is not one: {error}", pattern, "Mend it.") from None
    if compiled.match(""):
        raise UsageError(f"{name} matches nothing at all, which is everywhere", pattern, "Ask for a character.")
    return Probe(name, f"inside what /{pattern}/ matches", _matched(compiled))


def chosen_probes(given: list[str] | None) -> list[Probe]:
    """The probes that are named, or all that come with charlm."""
    return [PROBES[one] if one in PROBES else own_probe(one) for one in given] if given else list(PROBES.values())
