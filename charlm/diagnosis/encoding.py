"""Findings about files that are not valid in their encoding. Knows no ids and no device."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from charlm.config.settings import TextSettings
from charlm.diagnosis.faults import FaultyFile, find_faulty_files
from charlm.diagnosis.finding import Finding
from charlm.errors import TextError
from charlm.text.decoding.deciding import UTF8
from charlm.text.decoding.encodings import AUTO
from charlm.text.decoding.guessing import guess_encoding
from charlm.text.files.spool import Spool
from charlm.text.sources import STDIN, find_files

SHOWN = 5  # faults that a person is shown
MOST_FACTS = 100  # faults in the facts
EXCERPT = 60  # characters


def check_encoding_of_files(text_settings: TextSettings) -> Iterator[Finding]:
    """All invalid bytes of all files, for sources that can be found and read again."""
    sources = text_settings.sources
    if STDIN in sources or any(Path(source).is_fifo() for source in sources) or text_settings.unit == "byte":
        return
    with Spool() as spool:
        try:
            every, _ = find_files(text_settings, spool)
            files = [file for file in every if not file.table]
            encoding = text_settings.encoding
            if encoding == AUTO:  # only those that it cannot decide
                files, encoding = [file for file in files if guess_encoding(file) is None], UTF8
        except TextError:
            return  # there is a finding for it already
        faulty = [found for found in find_faulty_files(files, encoding) if isinstance(found, FaultyFile)]
        for found in faulty[:SHOWN]:
            yield _fault_finding(found, encoding, alone=len(files) == 1)
        if len(faulty) > SHOWN:
            what = f"{len(faulty) - SHOWN:,} more files are not valid {encoding}"
            facts = {"files": [found.label for found in faulty[SHOWN:][:MOST_FACTS]]}
            yield Finding("faults", "bad", what, "", facts, TextError.exit_code)


def _fault_finding(file: FaultyFile, encoding: str, *, alone: bool) -> Finding:
    number = len(file.faults)
    places = "; ".join(map(str, file.faults[:SHOWN]))
    rest = "" if number <= SHOWN and not file.more else "; --json shows more of them"
    many = f"more than {number:,} places are" if file.more else f"{number:,} place{'s are' if number > 1 else ' is'}"
    what = f"{file.label}: {many} not valid {encoding}: {places}{rest}"
    if file.readings:
        name, text = next(iter(file.readings.items()))
        option = f"--encoding {name}" if alone else f"--encoding {AUTO}"
        remedy = f"As {name} the file reads {text[:EXCERPT]!r}. If that looks right, give `{option}`."
    elif all(fault.bytes == b"\0" for fault in file.faults):
        remedy = "NUL bytes are not text. Is this the right file? `-s text.unit=byte` reads any file."
    else:
        remedy = (
            "Repair these places, leave them out with `iconv -c -f utf-8 -t utf-8 FILE > NEW`, or read bytes with "
            "`-s text.unit=byte`."
        )
    facts = file.facts()
    facts["faults"] = facts["faults"][:MOST_FACTS]
    return Finding("faults", "bad", what, remedy, facts, TextError.exit_code)
