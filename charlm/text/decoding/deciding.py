"""Decides the encoding of each file of a text, for `text.encoding: auto`, and keeps the decision for the run.

A file that is UTF-8 is one again whenever it is read. For all others the settings of the run keep what was decided, by
the sha256 of the file, so that no later version of a guess reads the text of a run in another way. Knows no ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from charlm.errors import TextError
from charlm.text.decoding.encodings import AUTO, find_codec
from charlm.text.decoding.guessing import guess_encoding
from charlm.text.decoding.reading import AS_BYTES
from charlm.text.files.source_file import SourceFile

DIGITS = 12  # of a sha256, which name a file
MOST_KEPT = 1000  # files; of more, the most frequent encoding is kept once
REST = "others"
MOST_LINES = 8  # notes on single files
UTF8 = "utf-8"


def decide_encodings(files: Sequence[SourceFile], decided: Sequence[str]) -> list[SourceFile]:
    """The files, measured before, each with its encoding: as `decided` says, otherwise guessed.

    Raises TextError for a file that no likely encoding reads.
    """
    kept = dict(entry.split("=", 1) for entry in decided if "=" in entry)
    return [replace(file, encoding=_decide(file, kept)) for file in files]


def kept_decisions(files: Sequence[SourceFile]) -> tuple[str, ...]:
    """What was decided, for `text.decided`: `sha256=encoding` for each file that is not UTF-8."""
    found = {str(file.sha256)[:DIGITS]: str(file.encoding) for file in files if file.encoding not in (None, UTF8)}
    if len(found) <= MOST_KEPT:
        return tuple(f"{name}={encoding}" for name, encoding in found.items())
    most = Counter(found.values()).most_common(1)[0][0]
    rest = {name: encoding for name, encoding in found.items() if encoding != most}
    if len(rest) > MOST_KEPT:
        raise TextError(
            f"More than {MOST_KEPT:,} files are in different encodings",
            f"text.encoding={AUTO}",
            "Convert them to UTF-8 first, for example with `iconv`.",
        )
    return (*(f"{name}={encoding}" for name, encoding in rest.items()), f"{REST}={most}")


def decision_notes(files: Sequence[SourceFile]) -> list[str]:
    """A line for each file; of many files, for those that are not UTF-8, and the number of the others."""
    others = [file for file in files if file.encoding != UTF8]
    named = list(files) if len(files) <= MOST_LINES else others[:MOST_LINES]
    notes = [f"{file.label}: read as {file.encoding}" for file in named]
    if len(others) > MOST_LINES:
        counts = Counter(str(file.encoding) for file in others[MOST_LINES:])
        notes.append("and " + ", ".join(f"{count:,} as {encoding}" for encoding, count in counts.most_common()))
    if len(files) > MOST_LINES:
        notes.append(f"{len(files) - len(others):,} of {len(files):,} files: read as {UTF8}")
    return notes


def _decide(file: SourceFile, kept: Mapping[str, str]) -> str:
    if file.table:
        return UTF8
    given = kept.get(str(file.sha256)[:DIGITS])
    if given is None:
        guess = guess_encoding(file)
        given = guess.encoding if guess else None
        if REST in kept and given != UTF8:
            given = kept[REST]
    if given is None:
        raise TextError(
            "No encoding is likely to read all of this file",
            file.label,
            "`charlm doctor` lists the places to repair. Repair them, leave the file out with text.exclude, or "
            f"{AS_BYTES}.",
        )
    return find_codec(given).name
