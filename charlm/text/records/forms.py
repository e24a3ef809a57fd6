"""The records of a text in any form but lines, as a text in which U+001E ends each. Knows no ids.

Lines need no such text: their newline is the end. The other records may have newlines in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath

from charlm.config.settings import TextSettings
from charlm.text.records.fasta import read_sequences
from charlm.text.records.json_lines import read_field
from charlm.text.records.pieces import Record, in_parts, is_blank, without_line_ends
from charlm.text.records.separating import EMPTY_LINE, FILE, is_own_line, split_at_lines, split_at_text, unescaped
from charlm.text.records.tables import read_column
from charlm.text.records.tally import Tally

LINE_END, RECORD_END = "\n", "\x1e"  # U+001E is Unicode's RECORD SEPARATOR
TSV_SUFFIXES, CSV_SUFFIXES = (".tsv", ".tab"), (".csv",)
BATCH = 1 << 18  # characters of records that are passed on together


def record_end(settings: TextSettings) -> str | None:
    """The character that ends a record; None if the text has no records."""
    if not settings.records:
        return None
    return LINE_END if is_plain(settings) and settings.separator == "line" else RECORD_END


def is_plain(settings: TextSettings) -> bool:
    """Whether the text is neither a table, nor JSON lines, nor FASTA."""
    return settings.column is None and settings.field is None and settings.format in ("auto", "plain")


def read_records(
    texts: Iterable[str], settings: TextSettings, own_line: bool, where: str, tally: Tally
) -> Iterator[str]:
    """Pieces of text with the records of one file, RECORD_END after each. Blank records are left out and counted.

    `own_line`: the separator is a line of its own. Raises TextError for a file that has not this form.
    """
    if settings.field is not None:
        yield from ended_together(read_field(texts, settings.field, _name(settings.label), where, tally), tally)
    else:
        yield from ended(_records(iter(texts), settings, own_line, where, tally), tally)


def ended(records: Iterable[Record], tally: Tally) -> Iterator[str]:
    """Pieces of text with these records, RECORD_END after each. Blank records are left out and counted."""
    held: list[str] = []
    length = 0
    for record in records:
        if is_blank(record):
            tally.counts["blank"] += 1
            continue
        tally.counts["records"] += 1
        for piece in record:
            if RECORD_END in piece:
                tally.counts["ends"] += piece.count(RECORD_END)
                piece = piece.replace(RECORD_END, " ")
            if len(piece) > BATCH:  # long enough to go alone
                yield "".join(held)
                held, length = [], 0
                yield from in_parts(piece, BATCH)
                continue
            held.append(piece)
            length += len(piece)
        held.append(RECORD_END)
        length += 1
        if length > BATCH:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)


def ended_together(batches: Iterable[Sequence[str]], tally: Tally) -> Iterator[str]:
    """The same for records of one text each, with or without line ends around it.

    A batch is worked on at once: of short records, a step of Python for each would take most of the time.
    """
    held: list[str] = []
    length = 0
    for texts in batches:
        if max(map(len, texts), default=0) > BATCH:  # too long to be joined
            yield "".join(held)
            held, length = [], 0
            yield from ended(([text.strip(LINE_END)] for text in texts), tally)
            continue
        kept = [text.strip(LINE_END) for text in texts if text and not text.isspace()]
        joined = RECORD_END.join([*kept, ""])
        ends = joined.count(RECORD_END) - len(kept)
        if ends:
            joined = RECORD_END.join([*(text.replace(RECORD_END, " ") for text in kept), ""])
        tally.counts += Counter(blank=len(texts) - len(kept), records=len(kept), ends=ends)  # those above 0
        held.append(joined)
        length += len(joined)
        if length > BATCH:
            yield "".join(held)
            held, length = [], 0
    yield "".join(held)


def _records(
    texts: Iterator[str], settings: TextSettings, own_line: bool, where: str, tally: Tally
) -> Iterator[Record]:
    if settings.column is not None:
        first = next(texts, "")
        form = settings.format if settings.format != "auto" else _table_form(where, first)
        whole = _with_first(first, texts)
        yield from read_column(whole, form, settings.column, settings.label, settings.header, where, tally)
    elif settings.format == "fasta":
        yield from read_sequences(texts, where)
    elif settings.separator == FILE:
        yield without_line_ends(list(texts))
        tally.counts["separators"] += 1
    else:
        yield from _separated(texts, settings.separator, own_line, tally)


def _separated(texts: Iterator[str], separator: str, own_line: bool, tally: Tally) -> Iterator[Record]:
    """Plain records. An empty one at the end of the text, or between two empty lines, is none at all."""
    ends: Callable[[str], bool] | None = None
    wanted = unescaped(separator)
    if separator != EMPTY_LINE:
        tally.said[f"records end at {'lines of' if own_line else 'every'} {wanted!r}"] = None
    if separator == EMPTY_LINE:
        ends = _is_empty
    elif own_line:
        ends = lambda line: is_own_line(line, wanted)  # noqa: E731 - one of three ways
    for record, followed in split_at_lines(texts, ends) if ends else split_at_text(texts, wanted):
        if (separator == EMPTY_LINE or not followed) and is_blank(record):
            continue
        tally.counts["separators"] += followed
        yield record


def _is_empty(line: str) -> bool:
    return not line.strip()


def _with_first(first: str, texts: Iterator[str]) -> Iterator[str]:
    yield first
    yield from texts


def _table_form(where: str, first: str) -> str:
    """csv or tsv, by the file's name or else by its first line."""
    suffixes = [suffix.lower() for suffix in PurePath(where).suffixes]
    if any(suffix in TSV_SUFFIXES for suffix in suffixes):
        return "tsv"
    if any(suffix in CSV_SUFFIXES for suffix in suffixes):
        return "csv"
    return "tsv" if "\t" in first.partition("\n")[0] else "csv"


def _name(label: str | int | None) -> str | None:
    return None if label is None else str(label)
