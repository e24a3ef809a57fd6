"""Every setting as a person asks for it: its name, its default, what it does, and the values that it takes.

Reads the declarations in settings.py, the only place that describes a setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from charlm.config.automatic import AUTO, AUTOMATIC
from charlm.config.settings import Settings

BOUNDS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))


@dataclass(frozen=True)
class SettingAbout:
    """One setting. `words` are the values of a setting that takes one of a few words."""

    name: str
    about: str
    values: str
    words: tuple[str, ...]
    declared: FieldInfo = field(repr=False)

    @cached_property
    def default(self) -> str:
        """As in YAML."""
        return _default(self.declared)

    @property
    def section(self) -> str:
        return self.name.partition(".")[0]


def describe_settings(word: str = "") -> list[SettingAbout]:
    """All settings in the order of their declaration, or those that have the word in their name or description."""
    found = [each for name, section in Settings.model_fields.items() for each in _of(name, section.annotation)]
    word = word.lower()
    return [each for each in found if word in f"{each.name} {each.about} {each.values}".lower()]


def _of(prefix: str, section: Any) -> Iterator[SettingAbout]:
    for key, declared in section.model_fields.items():
        inner = declared.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _of(f"{prefix}.{key}", inner)
            continue
        words, name = _words(inner), f"{prefix}.{key}"
        values = " or ".join([", ".join(words[:-1]), words[-1]]) if words else _limits(declared)
        yield SettingAbout(
            name=name,
            about=declared.description or "",
            values=f"{values} or {AUTO}" if values and name in AUTOMATIC else values,
            words=words,
            declared=declared,
        )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if type(value) in (int, float) and "e" not in (digits := repr(value)):
        return digits  # as YAML has it, which takes a moment to import
    from charlm.config.stored import inline_yaml

    return inline_yaml(list(value) if isinstance(value, tuple) else value)


def _words(annotation: Any) -> tuple[str, ...]:
    """The words of a Literal, or those of a truth value; of a union of such, all of them."""
    if annotation is bool:
        return "true", "false"
    if get_origin(annotation) in (Union, UnionType):
        inner = [_words(each) for each in get_args(annotation)]
        return tuple(word for words in inner for word in words) if all(inner) else ()
    return tuple(str(each) for each in get_args(annotation)) if get_origin(annotation) is Literal else ()


def _limits(field: FieldInfo) -> str:
    """`from 1 to 65,536`; empty for what is no number."""
    if get_origin(field.annotation) in (tuple, dict):
        return ""
    rules = [*field.metadata, *_rules(field.annotation)]
    parts = []
    for name, word in BOUNDS:
        limits = [limit for rule in rules if isinstance(limit := getattr(rule, name, None), int | float)]
        parts += [f"{word} {limit:,}" for limit in limits[:1]]
    return " ".join(parts).replace(f"below {2**63:,}", "below 2 to the 63rd")


def _rules(annotation: Any) -> Iterable[Any]:
    """What an annotation says about a value, also inside of `X | None`."""
    if get_origin(annotation) is Annotated:
        inner, *rules = get_args(annotation)
        flat = [each for rule in rules for each in (rule.metadata if isinstance(rule, FieldInfo) else [rule])]
        return [*flat, *_rules(inner)]
    if get_origin(annotation) in (Union, UnionType):
        return [rule for each in get_args(annotation) if each is not NoneType for rule in _rules(each)]
    return []
