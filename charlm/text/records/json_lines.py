"""Reads one field of JSON lines: an object a line. Knows no files and no ids."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import TextError
from charlm.text.records.separating import batches_of_lines
from charlm.text.records.table_rows import LONGEST
from charlm.text.records.tables import labelled
from charlm.text.records.tally import Tally

LISTED = 20  # fields that an error lists
SHOWN_NAME = 60  # characters of one
DEEPEST = 4  # levels of objects whose fields are listed
LONG_LINE = 1 << 17  # characters of a line whose values are counted before it is parsed
MOST_VALUES = 200_000  # a short value takes twenty times its characters in memory
VALUE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)
LONE_SURROGATE, LOST = re.compile("[\ud800-\udfff]"), "\ufffd"  # half of a character, as of an emoji cut in two
MISSING, TOO_LONG = object(), object()


def read_field(texts: Iterable[str], field: str, label: str | None, where: str, tally: Tally) -> Iterator[list[str]]:
    """The texts of a field, many records together, each after its label and a tab if there is one; blank texts alone.

    `a.b.0` is a path within an object. Numbers and truth values are written as in JSON. Raises TextError for a line
    that is no object, and if no line has the field.
    """
    fields = _Fields(field, label, where, tally)
    for lines, end in batches_of_lines(texts, LONGEST, where):
        yield fields.texts_of(lines, end)
    fields.require_some()


class _Fields:
    """Reads the field, and the label, of one batch of lines after another."""

    def __init__(self, field: str, label: str | None, where: str, tally: Tally) -> None:
        self._field, self._label, self._where, self._tally = field, label, where, tally
        self._decode = _decoder(field, label)
        self._number = self._rows = self._found = 0
        self._names: dict[str, None] = {}  # what lines have that lack the field

    def texts_of(self, lines: list[str], end: str) -> list[str]:
        """The texts of these lines of that end. It may empty the list: a long line is not held beside its text."""
        if (quick := self._at_once(lines)) is not None:
            return quick
        texts = []
        lines.reverse()
        while lines:
            texts += self._text_of(lines.pop() + end)
        return texts

    def _at_once(self, lines: list[str]) -> list[str] | None:
        """The same if each line is an object with the wanted texts; None otherwise, and then no line is counted."""
        if len(lines[0]) > LONG_LINE or (rows := self._decode(lines)) is None:
            return None
        self._number += len(lines)
        self._rows += len(lines)
        self._found += len(lines)
        if self._label is None:
            return [row.text for row in rows]
        return [labelled(row.text, row.label, self._tally) for row in rows]

    def _text_of(self, line: str) -> list[str]:
        """The text of a line, if it has one."""
        if (quick := self._at_once([line])) is not None:
            return quick
        self._number += 1
        if line.isspace():
            return []
        self._rows += 1
        place = f"{self._where}, line {self._number:,}"
        value = _parsed(line, place)
        del line  # its text is in the value
        text = _text(value_at(value, self._field), self._field, place, value)
        name = None if self._label is None else _text(value_at(value, self._label), self._label, place, value)
        if text is None or (self._label is not None and name is None):
            self._tally.counts["missing"] += 1
            if len(self._names) < LISTED:
                self._names |= dict.fromkeys(islice(paths_of(value), LISTED))
            return []
        self._found += 1
        return [text if name is None else labelled(text, name, self._tally)]

    def require_some(self) -> None:
        """Raises TextError if there were lines, and none had the field."""
        if self._found or not self._rows:
            return
        field, label, names = self._field, self._label, self._names
        wanted = f"text.field={field}" + (f" and text.label={label}" if label else "")
        listed = ", ".join(name[:SHOWN_NAME] for name in list(names)[:LISTED])
        hint = next(filter(None, (suggestion(name, names) for name in (field, label or "") if name not in names)), "")
        raise TextError(
            f"No line has {wanted}", f"{self._where}, which has {listed}", hint or "Give one of these fields."
        )


def _decoder(field: str, label: str | None) -> Callable[[list[str]], list[Any] | None]:
    """Reads lines that all are objects with these fields, each a text, in a fraction of json's time; others give None.

    What is read is what json reads: `text` and `label`. Names with a dot may be paths, and are left to json, like those
    that the library cannot have.
    """
    import msgspec  # 20 ms, which only this form needs

    names = [field] if label is None else [field, label]
    if len(set(names)) < len(names) or any(not name.isprintable() or set(name) & set('."\\') for name in names):
        return lambda lines: None
    attributes = [(own, str, msgspec.field(name=name)) for own, name in zip(("text", "label"), names, strict=False)]
    decode = msgspec.json.Decoder(msgspec.defstruct("Row", attributes, gc=False)).decode

    def rows_of(lines: list[str]) -> list[Any] | None:
        try:
            return list(map(decode, lines))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None

    return rows_of


def _parsed(line: str, where: str) -> dict[str, Any]:
    remedy = 'Each line must be an object, such as {"text": "..."}.'
    if len(line) > LONG_LINE and sum(1 for _ in islice(VALUE.finditer(line), MOST_VALUES + 1)) > MOST_VALUES:
        what = f"The line has more than {MOST_VALUES:,} values"
        raise TextError(what, where, "Leave out what is no text, for example with `jq -c '{text}' FILE`.")
    try:
        value = json.loads(line, parse_int=_integer)
    except RecursionError:
        raise TextError("The line has too many levels of brackets", where, remedy) from None
    except json.JSONDecodeError as error:
        if line.lstrip().startswith("["):
            remedy = "An array of objects becomes such lines with `jq -c '.[]' FILE > FILE.jsonl`."
        reason = f"{error.msg.removesuffix(' at')} at column {error.colno:,}"
        raise TextError(f"The line is not JSON: {reason}", where, remedy) from None
    if not isinstance(value, dict):
        if isinstance(value, list):
            remedy = "An array of objects becomes such lines with `jq -c '.[]' FILE > FILE.jsonl`."
        raise TextError("The line is no object of JSON", where, remedy)
    return value


def _integer(digits: str) -> Any:
    """The number; TOO_LONG for one of more digits than Python reads, which is only wrong where it is the text."""
    try:
        return int(digits)
    except ValueError:
        return TOO_LONG


def value_at(value: Any, path: str) -> Any:
    """The value at a dotted path; a key that itself has dots comes first."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for key in path.split("."):
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def _text(value: Any, path: str, where: str, whole: dict[str, Any]) -> str | None:
    """The value as text; None if there is none. Raises TextError if it is an object or a list."""
    if value is MISSING or value is None:
        return None
    if value is TOO_LONG:
        raise TextError("The line is not JSON: a number is too long", where, "Name another field.")
    if isinstance(value, dict | list):
        inner = [name for name in paths_of(whole) if name.startswith(f"{path}.")]
        raise TextError(
            f"{path} is {'an object' if isinstance(value, dict) else 'a list'}, not a text",
            where,
            f"Name what is in it: {', '.join(inner[:LISTED])}." if inner else "Name another field.",
        )
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        value.encode()  # takes a tenth of the time of a search
    except UnicodeEncodeError:
        return LONE_SURROGATE.sub(LOST, value)
    return value


def paths_of(value: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """The dotted paths of the values in an object, a few of each list."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:2])
    for key, inner in items:
        path = f"{prefix}{key}"
        if isinstance(inner, dict | list) and inner and depth < DEEPEST:
            yield from paths_of(inner, f"{path}.", depth + 1)
        else:
            yield path
