"""Sources that a user gives, as a model of pairs was trained to read them. Knows no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.prompt import as_trained
from charlm.text.vocabulary import Vocabulary

SHOWN = 40  # characters of a source in a message


@dataclass(frozen=True)
class Asked:
    """Sources of known characters, what stood in their places, and notes for people to read."""

    sources: tuple[str, ...]
    given: tuple[str, ...]
    notes: tuple[str, ...]


def asked_sources(
    lines: Sequence[str], settings: TextSettings, vocabulary: Vocabulary, longest: int | None, where: str
) -> Asked:
    """One source a line. `longest` is that of the training, if it is known.

    Characters that the model does not know are read as its unknown symbol if it has one, else left out, with a note.
    Raises TextError for a line that is no source: it is empty, has a tab, or has no character that the model knows.
    """
    sources: list[str] = []
    strange: dict[str, int] = {}
    longer = 0
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            raise TextError(
                f"Line {number:,} has a tab: {line[:SHOWN]!r}",
                where,
                "Give sources alone, one a line. To score pairs: charlm eval pairs RUN FILE",
            )
        if not line:
            raise TextError(f"Line {number:,} is empty, and a source has a character or more", where, "Leave it out.")
        read = as_trained(line, settings, vocabulary)
        encoded = vocabulary.encode(read, "skip")
        if not len(encoded.ids):
            raise TextError(
                f"Line {number:,} has no character that the model knows: {line[:SHOWN]!r}",
                where,
                "Give sources in the characters that it was trained on.",
            )
        strange |= encoded.unknown
        longer += longest is not None and len(encoded.ids) > longest
        sources.append(read if vocabulary.unknown_id is not None else vocabulary.decode(encoded.ids))
    notes = []
    if strange:
        fate = "left out" if vocabulary.unknown_id is None else "read as the unknown symbol"
        notes.append(f"characters that the model does not know are {fate}: {' '.join(map(repr, strange))}")
    if longer:
        many = "one source is" if longer == 1 else f"{longer:,} sources are"
        notes.append(f"{many} longer than any that the model was trained on ({longest:,} characters): expect errors")
    return Asked(tuple(sources), tuple(lines), tuple(notes))
