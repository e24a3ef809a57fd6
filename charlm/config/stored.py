"""Settings as text: the YAML that a run stores and reads back unchanged, and the JSON schema for editors.

Knows no precedence. Reading is as strict here as elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import yaml

from charlm.config.automatic import AUTO, AUTOMATIC
from charlm.config.resolving import resolve_text
from charlm.config.settings import Settings
from charlm.config.yaml_reading import MAX_BYTES, read_scalar
from charlm.errors import UsageError

SAFE_UNQUOTED = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class _Dumper(yaml.SafeDumper):
    """PyYAML quotes by the rules of YAML 1.1; this one by the rules that yaml_reading.py reads with."""


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = SAFE_UNQUOTED.fullmatch(text) and read_scalar(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _write_text)


def to_yaml(settings: Settings, automatic: Collection[str] = ()) -> str:
    """YAML with one setting a line, below its section; those with names in `automatic` are `auto`.

    If there are none, `from_yaml` gives the identical settings back.

    Raises UsageError if the text is longer than `from_yaml` reads.
    """
    lines = []
    for section, content in with_auto(settings.model_dump(), automatic).items():
        lines.append(f"{section}:")
        lines += [f"  {key}: {inline_yaml(value)}" for key, value in content.items()]
    text = "\n".join(lines) + "\n"
    if len(text.encode()) > MAX_BYTES:
        raise UsageError(
            f"The settings would take more than {MAX_BYTES // 1024} KiB",
            f"text.sources, {len(settings.text.sources):,} of them",
            "Name a folder, or a glob in quotes, instead of every file.",
        )
    return text


def with_auto(plain: Mapping[str, Mapping[str, Any]], automatic: Collection[str]) -> dict[str, dict[str, Any]]:
    """Settings in nested mappings; those with names in `automatic` are `auto`."""
    return {
        section: {key: AUTO if f"{section}.{key}" in automatic else value for key, value in content.items()}
        for section, content in plain.items()
    }


def inline_yaml(value: object) -> str:
    """A value as YAML on one line, as it stands after `name: `."""
    dumped: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=MAX_BYTES
    )
    return dumped.removesuffix("...\n").strip()  # PyYAML ends a document that is a plain scalar so


def from_yaml(text: str, source: str = "config.yaml") -> Settings:
    """The settings in YAML. Raises UsageError that lists all problems; `source` is for its message."""
    return resolve_text(text, source).settings


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a config file, for editors that complete and check YAML."""
    schema = Settings.model_json_schema()
    preset = {"type": "string", "description": "a preset that this file starts from", "title": "Preset"}
    for name in AUTOMATIC:
        section, _, key = name.partition(".")
        declared = schema["$defs"][f"{section.title()}Settings"]["properties"]
        kept = {word: declared[key].pop(word) for word in ("title", "description", "default")}
        declared[key] = {"anyOf": [declared[key], {"const": AUTO}], **kept}
    return {**schema, "properties": {"preset": preset, **schema["properties"]}}
