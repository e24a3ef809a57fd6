"""Reads all lines of a text, without encoding them. Knows no ids."""

from __future__ import annotations

from dataclasses import dataclass

from charlm.config.settings import TextSettings
from charlm.text.decoding.deciding import decide_encodings, decision_notes
from charlm.text.decoding.encodings import AUTO
from charlm.text.files.spool import Spool
from charlm.text.records.tally import Tally
from charlm.text.sources import find_files
from charlm.text.stream import TextStream


@dataclass(frozen=True)
class WholeLines:
    """All lines without their ends, empty ones too, and notes on what was left out and how files were decoded."""

    lines: list[str]
    notes: list[str]


def read_lines(settings: TextSettings) -> WholeLines:
    """The lines of the sources; of records in any form, it is the lines of the file. Raises as `open_corpus` does."""
    plain = {"records": False, "separator": "line", "column": None, "field": None, "label": None, "format": "plain"}
    form = settings.model_copy(update={**plain, "split": "contiguous", "unit": "character"})
    with Spool() as spool:
        files, notes = find_files(form, spool)
        if form.encoding == AUTO:
            files = decide_encodings([file.measured() for file in files], form.decided)
            notes += decision_notes(files)
        chunks = [chunk.text for chunk in TextStream(files, form.encoding, form).all_text(Tally())]
    text = "".join(chunks)
    return WholeLines(text.removesuffix("\n").split("\n") if text else [], list(notes))
