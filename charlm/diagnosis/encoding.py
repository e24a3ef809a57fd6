"""Findings about files that are not valid in their encoding. Knows no ids and no device."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from charlm.config.settings import TextSettings
from charlm.diagnosis.faults import FaultyFile, find_faulty_files
from charlm.diagnosis.finding import Finding
from charlm.errors import TextError
from charlm.text.sources import STDIN, find_files

SHOWN = 5  # faults that a person is shown
MOST_FACTS = 100  # faults in the facts
EXCERPT = 60  # characters


def check_encoding_of_files(text_settings: TextSettings) -> Iterator[Finding]:
    """All invalid bytes of all files, for sources that can be found and read again."""
    if STDIN in text_settings.sources or text_settings.unit == "byte":
        return
    with tempfile.TemporaryDirectory(prefix="charlm-") as spool:
        try:
            pieces, _ = find_files(text_settings.sources, keep_binary=False, spool=Path(spool))
        except TextError:
            return  # there is a finding for it already
        for found in find_faulty_files(pieces, text_settings.encoding):
            if isinstance(found, FaultyFile):
                yield _fault_finding(found, text_settings.encoding)


def _fault_finding(file: FaultyFile, encoding: str) -> Finding:
    number = len(file.faults)
    places = "; ".join(map(str, file.faults[:SHOWN]))
    rest = "" if number <= SHOWN and not file.more else "; --json shows more of them"
    many = f"more than {number:,} places are" if file.more else f"{number:,} place{'s are' if number > 1 else ' is'}"
    what = f"{file.label}: {many} not valid {encoding}: {places}{rest}"
    if file.readings:
        options = " or ".join(f"`--encoding {name}` ({text[:EXCERPT]!r})" for name, text in file.readings.items())
        remedy = f"The whole file can be read with {options}. Use an encoding whose text looks right."
    elif all(fault.bytes == b"\0" for fault in file.faults):
        remedy = "NUL bytes are not text. Is this the right file? `-s text.unit=byte` reads any file."
    else:
        remedy = "No encoding is likely to read all of it. Repair these places, or read bytes with `-s text.unit=byte`."
    facts = file.facts()
    facts["faults"] = facts["faults"][:MOST_FACTS]
    return Finding("faults", "bad", what, remedy, facts, TextError.exit_code)
