"""Strict YAML: reads the small, safe part of the language that settings need into plain values. Knows no setting.

Scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2, chapter 10.3), unlike PyYAML, which follows
1.1: `1e-3` is a number and `NO` is text. A key given twice is an error. So are aliases, anchors and tags: a small file
cannot become a large value, and no object but plain values is built.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from charlm.errors import UsageError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20  # lists and sections within each other
MAX_NODES = 2_000  # keys, values, lists and sections in all
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 64  # characters of a number as written

NULL = frozenset({"", "~", "null", "Null", "NULL"})
TRUE = frozenset({"true", "True", "TRUE"})
FALSE = frozenset({"false", "False", "FALSE"})
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
BEYOND_UNICODE = re.compile(r"\\U(?!00(?:0|10))[0-9a-fA-F]{8}")
INDICATOR = re.compile("while (scanning|parsing) an? (alias|anchor|tag)")  # PyYAML's words

QUOTE = 'Put text that begins with *, & or ! in quotes: "*.txt".'

Path = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """Plain values (None, bool, int, float, str, list, dict), and the line of each key by its path, counted from 1."""

    value: Any
    lines: Mapping[Path, int]


def read_scalar(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar. Raises ValueError for a number that is too large or not finite."""
    if text in NULL:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if not FLOAT.fullmatch(text) and not INTEGER.fullmatch(text):
        return text
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters is too long")
    if INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        integer = int(text, base)
        if abs(integer) > MAX_INTEGER:
            raise ValueError(f"{text} is too large a number")
        return integer
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number


def read_yaml(content: bytes, source: str) -> Document:
    """Read one document; an empty one is an empty mapping. `source` names it in errors.

    Raises UsageError, with line and column, for anything else than this part of YAML.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(
            f"{source} is larger than {MAX_BYTES // 1024} KiB",
            f"{source}, {len(content):,} bytes",
            "Check that this is the right file: settings are short.",
        )
    lines: dict[Path, int] = {}
    text = ""
    try:
        text = content.decode("utf-8-sig")
        events = _allowed(yaml.parse(text, Loader=yaml.SafeLoader))
        first = next(events, None)
        value = {} if first is None else _value(first, events, (), lines)
        extra = next(events, None)
        if extra is not None:
            raise _refusal("there is a second document", extra)
        return Document(value, lines)
    except yaml.MarkedYAMLError as error:
        reason = " ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        remedy = error.note or (QUOTE if INDICATOR.search(reason) else None)
        raise _unreadable(source, reason, *((mark.line, mark.column) if mark else (0, 0)), remedy) from error
    except UnicodeDecodeError as error:
        # the offset is that in error.object, which lacks the byte-order mark
        before, byte = error.object[: error.start].decode(), error.object[error.start]
        reason = f"the byte 0x{byte:02x} is not UTF-8"
        raise _unreadable(source, reason, *_position(before), "Save it as UTF-8.") from error
    except yaml.reader.ReaderError as error:
        reason = f"the character U+{error.character:04X} may not stand in YAML"
        raise _unreadable(source, reason, *_position(text[: error.position])) from error
    except (ValueError, OverflowError) as error:  # PyYAML lets chr() and int() raise for escapes and the version
        escape = BEYOND_UNICODE.search(text)
        reason = "an escape stands for no character" if escape else "its %YAML line has no version"
        raise _unreadable(source, reason, *_position(text[: escape.start() if escape else 0])) from error


def _position(before: str) -> tuple[int, int]:
    """Line and column, counted from 0, of the character after this text."""
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def _unreadable(source: str, reason: str, line: int, column: int, remedy: str | None = None) -> UsageError:
    return UsageError(
        f"{source} cannot be read: {reason}",
        f"{source}, line {line + 1}, column {column + 1}",
        remedy or "Write settings as `name: value` lines under text:, model: and training:.",
    )


def _refusal(reason: str, event: Any, remedy: str | None = None) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=event.start_mark, note=remedy)


def _allowed(events: Iterator[Any]) -> Iterator[Any]:
    """The events that carry values. Raises MarkedYAMLError at the first one that is not allowed."""
    depth = nodes = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("aliases are not read", event, QUOTE)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            nodes += 1
            if event.anchor is not None:
                raise _refusal("anchors are not read", event, QUOTE)
            if event.tag is not None:
                raise _refusal("tags are not read", event, QUOTE)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refusal(f"it is nested deeper than {MAX_DEPTH}", event)
        if nodes > MAX_NODES:
            raise _refusal(f"it holds more than {MAX_NODES:,} values", event)
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _value(event: Any, events: Iterator[Any], path: Path, lines: dict[Path, int]) -> Any:
    """The value that begins with this event. The events of its items are read from `events`."""
    if isinstance(event, yaml.ScalarEvent):
        text = _text(event)
        try:
            return text if event.style else read_scalar(text)
        except ValueError as error:
            raise _refusal(str(error), event) from error
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_value(item, events, (*path, str(len(items))), lines))
        return items
    mapping: dict[str, Any] = {}
    while not isinstance(name := next(events), yaml.MappingEndEvent):
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarEvent):
            raise _refusal("a name must be plain text", name)
        key = _text(name)
        here = (*path, key)
        if key in mapping:
            raise _refusal(f"{key[:60]} is given twice, first on line {lines[here]}", name, "Keep one of them.")
        lines[here] = line
        mapping[key] = _value(next(events), events, here, lines)
    return mapping


def _text(scalar: yaml.ScalarEvent) -> str:
    text: str = scalar.value
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refusal("an escape stands for half a character", scalar)
    return text
