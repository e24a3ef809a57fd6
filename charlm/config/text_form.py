"""Which settings of a text's form exclude each other. Knows no files."""

from __future__ import annotations

from typing import Protocol


class Form(Protocol):
    """The settings that say what a record is; see TextSettings."""

    @property
    def records(self) -> bool: ...
    @property
    def unit(self) -> str: ...
    @property
    def min_count(self) -> int: ...
    @property
    def separator(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def column(self) -> str | int | None: ...
    @property
    def field(self) -> str | None: ...
    @property
    def label(self) -> str | int | None: ...
    @property
    def split(self) -> str: ...
    @property
    def answer_after(self) -> str | None: ...
    @property
    def score_ends(self) -> bool: ...


def form_problem(form: Form) -> str:
    """What is wrong with these settings together; empty if nothing is."""
    given = [f"text.{name}" for name in ("column", "field") if getattr(form, name) is not None]
    own = form.separator != "line"
    wanted = {"csv": "text.column", "tsv": "text.column", "jsonl": "text.field"}.get(form.format)
    if len(given) > 1:
        return "text.column is for tables and text.field for JSON lines, but both are given"
    if given and own:
        return f"{given[0]} and text.separator are given, but a record is one or the other"
    if given and form.format not in ("auto", *(name for name in ("csv", "tsv", "jsonl") if name_fits(name, given[0]))):
        return f"{given[0]} is given, and text.format is {form.format}"
    if wanted and not given:
        return f"text.format={form.format} needs {wanted}, which says what is learnt"
    if form.format == "fasta" and own:
        return "text.format=fasta and text.separator are given, but a record is one or the other"
    if form.label is not None and not given:
        return "text.label needs text.column or text.field, which says what is learnt"
    if isinstance(form.label, int) and form.field is not None:
        return "text.label must be the name of a field, since text.field is given"
    if not form.records and (given or own or form.format == "fasta"):
        return "text.records=false is given, but a separator, a column, a field and FASTA mean records"
    if not form.records and (form.answer_after is not None or not form.score_ends):
        name = "answer_after" if form.answer_after is not None else "score_ends"
        return f"text.{name} is for records: give --records, or -s text.records=true"
    if form.unit == "byte" and form.min_count > 1:
        return "text.min_count is for characters and graphemes; text.unit=byte has at most 256 symbols"
    if form.unit == "byte" and (given or own or form.format == "fasta"):
        return "text.unit=byte reads lines as records, and no separator, column, field or FASTA"
    return ""


def name_fits(format_name: str, setting: str) -> bool:
    """Whether a format is read by this setting."""
    return (format_name == "jsonl") == (setting == "text.field")


def pairs_problem(form: Form) -> str:
    """What is wrong with these settings of a text of pairs; empty if nothing is."""
    if not form.records or form.separator != "line" or form.format not in ("auto", "plain"):
        return "text.records, text.separator and text.format cannot change with pairs: a pair is a line"
    if form.column is not None or form.field is not None:
        return "text.column and text.field cannot go with pairs: a pair is a line, and a tab is in it"
    if form.answer_after is not None or not form.score_ends:
        return "text.answer_after and text.score_ends cannot go with pairs: targets are learnt, with their ends"
    return "text.split=contiguous cannot go with pairs: their sources are split" if form.split == "contiguous" else ""
