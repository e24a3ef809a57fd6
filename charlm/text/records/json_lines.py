"""Reads one field of JSON lines: an object a line. Knows no files and no ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import TextError
from charlm.text.records.pieces import Record
from charlm.text.records.separating import lines_of
from charlm.text.records.table_rows import LONGEST
from charlm.text.records.tables import one_line
from charlm.text.records.tally import Tally

LISTED = 20  # fields that an error lists
SHOWN_NAME = 60  # characters of one
DEEPEST = 4  # levels of objects whose fields are listed
LONG_LINE = 1 << 17  # characters of a line whose values are counted before it is parsed
MOST_VALUES = 200_000  # a short value takes twenty times its characters in memory
VALUE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)
LONE_SURROGATE, LOST = re.compile("[\ud800-\udfff]"), "\ufffd"  # half of a character, as of an emoji cut in two
MISSING = object()


def read_field(texts: Iterable[str], field: str, label: str | None, where: str, tally: Tally) -> Iterator[Record]:
    """The texts of a field, each after its label and a tab if there is one. `a.b.0` is a path within an object.

    Numbers and truth values are written as in JSON. Raises TextError for a line that is no object, and if no line has
    the field.
    """
    names: dict[str, None] = {}
    found = rows = 0
    for number, line in enumerate(lines_of(texts, LONGEST, where), 1):
        if line.isspace():
            continue
        rows += 1
        place = f"{where}, line {number:,}"
        value = _parsed(line, place)
        del line  # its text is in the value
        text = _text(value_at(value, field), field, place, value)
        name = None if label is None else _text(value_at(value, label), label, place, value)
        if text is None or (label is not None and name is None):
            tally.counts["missing"] += 1
            if len(names) < LISTED:
                names |= dict.fromkeys(islice(paths_of(value), LISTED))
            continue
        found += 1
        if name is None:
            yield [text.strip("\n")]
        else:
            blank = not text.strip()
            if not blank:
                tally.add_label(one_line(name))
            yield [] if blank else [f"{one_line(name)}\t", text.strip("\n")]
    if rows and not found:
        wanted = f"text.field={field}" + (f" and text.label={label}" if label else "")
        listed = ", ".join(name[:SHOWN_NAME] for name in list(names)[:LISTED])
        hint = next(filter(None, (suggestion(name, names) for name in (field, label or "") if name not in names)), "")
        raise TextError(f"No line has {wanted}", f"{where}, which has {listed}", hint or "Give one of these fields.")


def _parsed(line: str, where: str) -> dict[str, Any]:
    remedy = 'Each line must be an object, such as {"text": "..."}.'
    if len(line) > LONG_LINE and sum(1 for _ in islice(VALUE.finditer(line), MOST_VALUES + 1)) > MOST_VALUES:
        what = f"The line has more than {MOST_VALUES:,} values"
        raise TextError(what, where, "Leave out what is no text, for example with `jq -c '{text}' FILE`.")
    try:
        value = json.loads(line)
    except RecursionError:
        raise TextError("The line has too many levels of brackets", where, remedy) from None
    except ValueError as error:
        if line.lstrip().startswith("["):
            remedy = "An array of objects becomes such lines with `jq -c '.[]' FILE > FILE.jsonl`."
        reason = "a number is too long"
        if isinstance(error, json.JSONDecodeError):
            reason = f"{error.msg.removesuffix(' at')} at column {error.colno:,}"
        raise TextError(f"The line is not JSON: {reason}", where, remedy) from None
    if not isinstance(value, dict):
        if isinstance(value, list):
            remedy = "An array of objects becomes such lines with `jq -c '.[]' FILE > FILE.jsonl`."
        raise TextError("The line is no object of JSON", where, remedy)
    return value


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
