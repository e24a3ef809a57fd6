"""Whether lines are FASTA, JSON lines, a table, or records between separators. Knows no corpus."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from charlm.text.records.forms import CSV_SUFFIXES, TSV_SUFFIXES
from charlm.text.records.tables import has_header

ROWS = 50  # that are looked at
FEWEST = 5  # rows of a table, and lines that separate records
SAME = 0.95  # share of the rows that have the same number of cells
SEQUENCE = re.compile(r"[A-Za-z*.-]+")
PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")  # a name that means the same in YAML
NO_NAMES = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off", "nan", "inf"})
SEPARATOR_LINES = ("%", "%%", "---", "***", "===", "<|endoftext|>")


@dataclass(frozen=True)
class Form:
    """What the text looks like, and the arguments that read it so."""

    what: str
    arguments: tuple[str, ...]


def find_form(lines: Sequence[str], source: str) -> Form | None:
    """The form of a text that begins with these lines; None if it has none of these. `source` names its file."""
    filled = [line for line in lines if line.strip()]
    if len(filled) < FEWEST:
        return None
    if filled[0].startswith(">") and SEQUENCE.fullmatch(filled[1].strip()):
        return Form("FASTA: headers with > and sequences", ("-s", "text.format=fasta"))
    marks = Counter(line.strip() for line in filled if line.strip() in SEPARATOR_LINES)
    separator, times = marks.most_common(1)[0] if marks else ("", 0)
    if times >= FEWEST:
        return Form(f"records with a line {separator!r} after each", ("-s", f"text.separator={separator}"))
    return _json_form(filled) or _table_form(filled, source)


def _json_form(lines: Sequence[str]) -> Form | None:
    try:
        objects = [json.loads(line) for line in lines[:ROWS]]
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(one, dict) for one in objects):
        return None
    lengths: Counter[str] = Counter()
    for one in objects:
        lengths.update({name: len(value) for name, value in one.items() if isinstance(value, str)})
    if not lengths:
        return None
    return Form("JSON lines: an object on each", ("-s", f"text.field={lengths.most_common(1)[0][0]}"))


def _table_form(lines: Sequence[str], source: str) -> Form | None:
    suffix = PurePath(source.removesuffix(".gz")).suffix.lower()
    candidates = "\t" if suffix in TSV_SUFFIXES else ",;\t|" if suffix in CSV_SUFFIXES else "\t,;"
    for delimiter in candidates:
        try:
            rows = list(islice((row for row in csv.reader(lines, delimiter=delimiter) if row), ROWS))
        except csv.Error:
            continue
        cells, times = Counter(map(len, rows)).most_common(1)[0]
        least = 2 if suffix in (*CSV_SUFFIXES, *TSV_SUFFIXES) or delimiter == "\t" else 3
        if cells >= least and times >= SAME * len(rows):
            kind = "tsv" if delimiter == "\t" else "csv"
            return Form(f"a table of {cells} columns", ("-s", f"text.column={_column(rows, cells, kind)}"))
    return None


def _column(rows: Sequence[list[str]], cells: int, kind: str) -> str:
    """The column with the longest cells, by its name if there is one that YAML reads as it is, else by its number."""
    whole = [row for row in rows if len(row) == cells]
    at = max(range(cells), key=lambda number: sum(len(row[number]) for row in whole))
    name = whole[0][at].strip()
    plain = bool(PLAIN_NAME.fullmatch(name)) and name.lower() not in NO_NAMES
    return name if plain and has_header(whole, kind) else str(at + 1)
