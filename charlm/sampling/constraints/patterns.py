"""Regular expressions as automata, by outlines-core, which compiles them with Rust's regex library.

The automaton accepts what the pattern matches as a whole, as far as the vocabulary can write it. outlines-core is part
of the extra `constrain`, and runs in a process of its own (compiling.py). Knows no model.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import CharlmError, UsageError
from charlm.sampling.constraints.automaton import FORBIDDEN, MOST_CELLS, Automaton, trimmed
from charlm.text.vocabulary import Vocabulary
from charlm.version import install_extra

EXTRA = install_extra("constrain")
END = "\U0010ffff"  # what stands after a match: it is no character, so no text has it
PARTS = re.compile(r"\\.|\[\^?\]?|.", re.DOTALL)  # of a pattern: escapes, the beginning of a class, characters
LONGEST_WAIT = 15.0  # seconds; a pattern can have a number of states that is exponential in its length
MOST_MEMORY = 2**30  # bytes, for the same reason; what is usual takes a tenth
BEYOND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")  # look-around and back-references
BOUNDARY = re.compile(r"\\[bB]")

Tokens = Sequence[bytes]
Built = tuple[dict[str, Any], bytes]  # as compiling.py has it


def pattern_automaton(pattern: str, vocabulary: Vocabulary) -> Automaton:
    """The automaton of the texts that match the pattern as a whole.

    Raises UsageError if outlines-core is missing, for what is no pattern or needs more than an automaton, for one that
    no text of these symbols matches, and for one that only the empty text matches.
    """
    where = f"--regex {pattern}"
    if _closes_too_much(pattern):
        raise UsageError("That is no regular expression: unbalanced parenthesis", where, "Correct it there.")
    symbols = symbol_bytes(vocabulary)
    tokens = [*symbols, END.encode()]
    built = _compiled(pattern, tokens, where)
    if built is None:  # some way through the pattern needs what the vocabulary lacks
        tokens += [byte for byte in map(_one_byte, range(256)) if byte not in set(symbols)]
        built = _compiled(pattern, tokens, where)
        if built is None:
            raise UsageError("No text matches the pattern", where, "Look for a part that contradicts another.")
    table, accepting = _arrays(built, len(tokens), vocabulary.size)
    found = trimmed(table[:, : vocabulary.size], accepting)
    if found is None:
        lacking = _lacking(table, accepting, tokens, vocabulary.size)
        raise UsageError(
            f"The pattern needs {lacking}, which the model does not know", where, "Write the pattern without it."
        )
    if (found.table[0] < 0).all():
        raise UsageError("The pattern matches only the empty text", where, "Give a pattern with characters in it.")
    return found


def symbol_bytes(vocabulary: Vocabulary) -> list[bytes]:
    """The bytes of each symbol by its id; none for the unknown symbol."""
    if vocabulary.unit == "byte":
        return [bytes([ord(symbol)]) for symbol in vocabulary.symbols]
    return [symbol.encode() for symbol in vocabulary.symbols]


def _one_byte(byte: int) -> bytes:
    return bytes([byte])


def _closes_too_much(pattern: str) -> bool:
    """Whether a parenthesis is closed that was not opened: in brackets, such a pattern would be another one."""
    depth, in_class = 0, False
    for part in PARTS.findall(pattern):
        if in_class:
            in_class = part != "]"
        elif part.startswith("["):
            in_class = True
        else:
            depth += (part == "(") - (part == ")")
            if depth < 0:
                return True
    return False


def _compiled(pattern: str, tokens: Tokens, where: str) -> Built | None:
    """The automaton of what the pattern matches as a whole, and END after it.

    Without END, the first alternative that matches would hide the others. None if some state has no way on with these
    tokens. Raises UsageError.
    """
    trimmed_pattern = pattern.removeprefix("^")
    if trimmed_pattern.endswith("$") and not trimmed_pattern.endswith("\\$"):
        trimmed_pattern = trimmed_pattern[:-1]  # the end of the text, which END is for
    whole = f"(?:{trimmed_pattern}){END}"
    if find_spec("outlines_core") is None:
        raise UsageError("--regex needs outlines-core", where, f"Install it: {EXTRA}")
    result = _built_apart(whole, tokens)
    if result is None or "too_large" in result[0]:
        raise _too_large(where)
    if "error" in result[0]:
        reason = result[0]["error"]
        if "is incompatible with the regex" in reason:
            return None
        raise _refused(pattern, reason, where)
    return result


def _built_apart(pattern: str, tokens: Tokens) -> Built | None:
    """What compiling.py builds, in a process of its own; None if that takes too much time or memory."""
    asked: dict[str, Any] = {"pattern": pattern, "tokens": [token.hex() for token in tokens], "most_cells": MOST_CELLS}
    asked |= {"most_memory": MOST_MEMORY}
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}  # it finds the same outlines-core
    command = [sys.executable, "-P", str(Path(__file__).with_name("compiling.py"))]
    try:
        done = subprocess.run(
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=LONGEST_WAIT, env=places
        )
    except subprocess.TimeoutExpired:
        return None
    about, _, steps = done.stdout.partition(b"\n")
    return (json.loads(about), steps) if done.returncode == 0 else None  # memory that is lacking ends it by a signal


def _refused(pattern: str, said: str, where: str) -> CharlmError:
    """The error for a pattern that outlines-core does not take; `said` is its reason."""
    if "size limit" in said or "too many" in said:
        return _too_large(where)
    if BEYOND.search(pattern):
        what = "The pattern has look-around or a back-reference, which no automaton can follow"
        return UsageError(what, where, "Write it without (?=...), (?!...), (?<=...), (?<!...), \\1 and (?P=...).")
    if BOUNDARY.search(pattern) or "start state" in said or "boundar" in said:
        what = "The pattern has a place such as \\b or ^ in it, which is not supported"
        return UsageError(what, where, "A pattern matches the text as a whole: write the characters around that place.")
    try:
        re.compile(pattern)
    except re.error as error:
        return UsageError(f"That is no regular expression: {error}", where, "Correct it at that place.")
    what = "The pattern is none that Rust's regex library takes"
    return UsageError(what, where, "https://docs.rs/regex describes what it takes.")


def _too_large(where: str) -> UsageError:
    return UsageError("The pattern has too many states", where, "Use smaller counts, and fewer of them.")


def _arrays(built: Built, tokens: int, end: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The table (S, tokens), and which states accept (S,): those after which the token `end` completes a match."""
    about, steps = built
    table = np.full((about["states"], tokens), FORBIDDEN, np.int32)
    states, symbols, after = np.frombuffer(steps, np.int32).reshape(-1, 3).T
    table[states, symbols] = after
    complete = np.zeros(len(table) + 1, bool)
    complete[about["final"]] = True
    accepting = complete[table[:, end]]  # FORBIDDEN finds the last one, which is False
    table[:, end] = FORBIDDEN
    return table, accepting


def _lacking(table: np.ndarray[Any, Any], accepting: np.ndarray[Any, Any], tokens: Tokens, known: int) -> str:
    """What the vocabulary lacks on the way through the pattern that lacks least, in words."""
    ways: list[dict[int, bytes]] = [{0: b""}]  # by how many unknown bytes they have: the states, and a way to each
    seen: set[int] = set()
    while ways[-1]:
        edge, after = dict(ways[-1]), dict[int, bytes]()
        while edge:
            state, way = edge.popitem()
            if state in seen:
                continue
            seen.add(state)
            if accepting[state]:
                return _named(way)
            for token in np.flatnonzero(table[state] >= 0).tolist():
                target = int(table[state, token])
                if token < known:  # a symbol
                    edge.setdefault(target, way + b"\xff")  # no byte of UTF-8: it sets apart what is lacking
                elif target not in seen:
                    after.setdefault(target, way + tokens[token])
        ways.append({state: way for state, way in after.items() if state not in seen})
    return "characters"


def _named(way: bytes) -> str:
    parts = dict.fromkeys(part.decode("utf-8", "replace") for part in way.split(b"\xff") if part)
    characters = list(dict.fromkeys("".join(parts)))
    return " and ".join(map(repr, characters)) if characters else "characters"
