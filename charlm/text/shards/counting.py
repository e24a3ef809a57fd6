"""Counts the symbols of a part of a text, and measures its files. Knows no ids and no processes.

What is counted has a form as JSON, in which another process gives it back and the cache keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from charlm.text.decoding.deciding import decide_encodings
from charlm.text.files.source_file import Measure, SourceFile
from charlm.text.records.tally import Tally
from charlm.text.stream import TextStream
from charlm.text.survey import CHANGES, Survey, survey_bytes, survey_graphemes, survey_text

Told = Callable[[int], object]  # is told how far the work is
Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class Counted:
    """A part whose files are measured, with their encodings if those were to be decided; what is in it."""

    files: Sequence[SourceFile]
    survey: Survey
    tally: Tally
    bookless: int  # files without the book that was asked for

    def to_json(self) -> dict[str, Any]:
        """All of it but what the files were before."""
        tally = self.tally
        return {
            "files": [[file.unpacked_size, file.sha256, file.encoding] for file in self.files],
            "counts": self.survey.counts,
            "changes": {name: getattr(self.survey, name) for name in CHANGES},
            "stretches": list(self.survey.stretches),
            "tally": [dict(tally.counts), list(tally.labels.items()), list(tally.said)],
            "bookless": self.bookless,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], files: Sequence[SourceFile]) -> Counted:
        """The part of these files, from `to_json`."""
        counts, labels, said = value["tally"]
        measured = [
            replace(file, unpacked_size=size, sha256=sha256, encoding=encoding, measure=None)
            for file, (size, sha256, encoding) in zip(files, value["files"], strict=True)
        ]
        survey = Survey(value["counts"], **value["changes"], stretches=tuple(value["stretches"]))
        return cls(
            measured, survey, Tally(Counter(counts), Counter(dict(labels)), dict.fromkeys(said)), value["bookless"]
        )


def count_part(stream: TextStream, decided: Sequence[str] | None, told: Told) -> Counted:
    """Read the part and count it; `told` hears of the bytes read.

    `decided` is that of `decide_encodings`, or None if the encoding is known.
    Raises TextError for a file that cannot be read.
    """
    files = [replace(file, measure=Measure()) for file in stream.files]
    if decided is not None:
        known = decide_encodings([file.measured() for file in files], decided)
        files = [replace(file, measure=Measure()) for file in known]
    stream, tally = replace(stream, files=files), Tally()
    if stream.as_bytes:
        survey = survey_bytes(_watched(stream.all_bytes(), files, told))
    else:
        chunks = _watched(stream.all_text(tally), files, told)
        survey = survey_graphemes(chunks) if stream.settings.unit == "grapheme" else survey_text(chunks)
    return Counted([file.measured() for file in files], survey, tally, stream.bookless())


def together(parts: Iterable[Counted]) -> Counted:
    """All parts of a text, in their order, as one."""
    files: list[SourceFile] = []
    tally, bookless = Tally(), 0

    def surveys() -> Iterator[Survey]:
        nonlocal bookless
        for part in parts:
            files.extend(part.files)
            tally.add(part.tally)
            bookless += part.bookless
            yield part.survey

    survey = Survey.of_parts(surveys())
    return Counted(files, survey, tally, bookless)


def _watched(items: Iterable[Item], files: Sequence[SourceFile], told: Told) -> Iterator[Item]:
    """The items; before each, the bytes that are read so far are told."""
    number = before = 0
    for item in items:
        while number < len(files) and (measure := files[number].measure) and measure.sha256:
            number, before = number + 1, before + measure.size
        current = files[number].measure if number < len(files) else None
        told(before + (current.read if current else 0))
        yield item
