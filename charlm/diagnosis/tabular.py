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
from charlm.text.records.json_lines import paths_of, value_at
from charlm.text.records.table_rows import with_doubled_quotes
from charlm.text.records.tables import has_header

ROWS = 50  # that are looked at
FEWEST = 5  # rows of a table, and lines that separate records
SAME = 0.95  # share of the rows that have the same number of cells ...
SAME_IF_NAMED = 0.6  # ... and in a file whose name says that it is a table
SEQUENCE = re.compile(r"[A-Za-z*.-]+")
PLAIN_NAME = re.compile(r"[^\W\d][\w ]*")  # a name that means the same in YAML
NO_NAMES = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off", "nan", "inf", "y", "n"})
SEPARATOR_LINE = re.compile(r"%%?|([-*=_~#+])(?: ?\1){2,}|<\|[a-z_]+\|>")
END_OF_TEXT = "<|endoftext|>"
MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|[a-z][\w:-]*(?:\s[^<>]*)?>)", re.IGNORECASE)
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
EACH_RECORD = "each record is learnt as an item of its own"


@dataclass(frozen=True)
class Form:
    """What the text looks like, the arguments that read it so, and what they do.

    If no setting reads it, there are no arguments, and `effect` says what to do first.
    """

    what: str
    arguments: tuple[str, ...]
    effect: str = EACH_RECORD


def find_form(lines: Sequence[str], source: str) -> Form | None:
    """The form of a text that begins with these lines; None if it has none of these. `source` names its file."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return None
    if array := _array_form(filled):
        return array
    if len(filled) < FEWEST:
        return None
    return (
        _sequence_form(filled)
        or _separated_form(filled)
        or _json_form(filled)
        or _markup_form(filled)
        or _table_form(filled, source)
    )


def _sequence_form(lines: Sequence[str]) -> Form | None:
    if lines[0].startswith((">", ";")):
        headers = [line.startswith((">", ";")) for line in lines]
        if all(headers):
            what = "the headers of FASTA without a sequence" if lines[0].startswith(">") else ""
            return Form(what, (), "Is this the right file?") if what else None
        first = headers.index(False)
        if lines[first - 1].startswith(">") and SEQUENCE.fullmatch(lines[first].strip()):
            effect = "each sequence is learnt as an item of its own, without its header"
            return Form("FASTA: headers with > and sequences", ("-s", "text.format=fasta"), effect)
    first_four = lines[:4]
    if first_four[0].startswith("@") and first_four[2].startswith("+") and len(first_four[1]) == len(first_four[3]):
        effect = "Make FASTA of it first, for example with `seqtk seq -a FILE` or `sed -n '1~4s/^@/>/p;2~4p' FILE`."
        return Form("FASTQ: sequences with their qualities", (), effect)
    return None


def _separated_form(lines: Sequence[str]) -> Form | None:
    stripped = [line.strip() for line in lines]
    pairs = zip(["", *stripped], stripped, strict=False)
    marks = Counter(line for before, line in pairs if SEPARATOR_LINE.fullmatch(line) and not _underlines(line, before))
    separator, times = marks.most_common(1)[0] if marks else ("", 0)
    if times >= FEWEST:
        return Form(f"records with a line {separator!r} after each", ("-s", f"text.separator={separator}"))
    if sum(line.count(END_OF_TEXT) for line in lines) >= FEWEST:
        return Form(f"records with {END_OF_TEXT!r} after each", ("-s", f"text.separator={END_OF_TEXT}"))
    return None


def _underlines(line: str, before: str) -> bool:
    """Whether a line is drawn under a title, as in reStructuredText."""
    return len(line) == len(before) and len(line) > 3


def _array_form(lines: Sequence[str]) -> Form | None:
    if not re.match(r"\s*\[\s*\{", "".join(lines[:2])):
        return None
    effect = "Make a line of each object first, for example with `jq -c '.[]' FILE > FILE.jsonl`."
    return Form("an array of JSON", (), effect)


def _json_form(lines: Sequence[str]) -> Form | None:
    try:
        objects = [json.loads(line) for line in lines[:ROWS]]
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(one, dict) for one in objects):
        return None
    lengths: Counter[str] = Counter()
    for one in objects:
        texts = {path: value_at(one, path) for path in paths_of(one)}
        lengths.update({path: len(text) for path, text in texts.items() if isinstance(text, str)})
    if not lengths:
        return None
    field, _ = lengths.most_common(1)[0]
    others = ", ".join([name for name, _ in lengths.most_common(4)][1:])
    effect = f"each {field!r} is learnt as an item of its own{f'; there are also {others}' if others else ''}"
    return Form("JSON lines: an object on each", ("-s", f"text.field={field}"), effect)


def _markup_form(lines: Sequence[str]) -> Form | None:
    tags = sum(bool(TAG.search(line)) for line in lines)
    if not MARKUP.match(lines[0]) or tags < len(lines) // 2 or not any("</" in line for line in lines):
        return None
    effect = "The tags are learnt too. Give its text, for example from `pandoc -t plain FILE -o FILE.txt`."
    return Form("HTML or XML", (), effect)


def _table_form(lines: Sequence[str], source: str) -> Form | None:
    suffix = PurePath(source.removesuffix(".gz")).suffix.lower()
    named = suffix in (*CSV_SUFFIXES, *TSV_SUFFIXES)
    candidates = "\t" if suffix in TSV_SUFFIXES else ",;\t|" if suffix in CSV_SUFFIXES else "\t,;"
    tables = {delimiter: rows for delimiter in candidates if (rows := _rows(lines, delimiter))}
    for delimiter, rows in tables.items():
        cells, times = Counter(map(len, rows)).most_common(1)[0]
        least = 2 if named or delimiter == "\t" else 3
        if cells >= least and times >= (SAME_IF_NAMED if named else SAME) * len(rows):
            return _column_form(rows, cells, "tsv" if delimiter == "\t" else "csv")
    if suffix in CSV_SUFFIXES and tables and all(len(row) == 1 for rows in tables.values() for row in rows):
        return _column_form(next(iter(tables.values())), 1, "csv")
    return None


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The first rows; none if the lines are no such table."""
    rows = csv.reader(with_doubled_quotes(iter(lines)), delimiter=delimiter)
    try:
        return list(islice(filter(None, rows), ROWS))
    except csv.Error:
        return []


def _column_form(rows: Sequence[list[str]], cells: int, kind: str) -> Form:
    """The column with the longest cells, by its name if there is one that YAML reads as it is, else by its number."""
    whole = [row for row in rows if len(row) == cells]
    at = max(range(cells), key=lambda number: sum(len(row[number]) for row in whole))
    name = whole[0][at].strip()
    plain = bool(PLAIN_NAME.fullmatch(name)) and name.lower() not in NO_NAMES
    column = name if plain and has_header(whole, kind) else str(at + 1)
    which = "each cell of it" if cells == 1 else f"each cell of column {column}, which has the longest,"
    effect = f"{which} is learnt as an item of its own"
    return Form(f"a table of {cells} column{'s' * (cells != 1)}", ("-s", f"text.column={column}"), effect)
