"""Settings as text: the YAML that a run keeps and reads back unchanged, and the JSON schema for editors.

This file knows no precedence; reading is as strict here as anywhere.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from charlm.config.resolving import resolve_text
from charlm.config.settings import Settings
from charlm.config.yaml_reading import MAX_BYTES, read_scalar
from charlm.errors import UsageError

SAFE_UNQUOTED = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class _Dumper(yaml.SafeDumper):
    """PyYAML decides by the rules of YAML 1.1 which text needs no quotes; this one by those that we read with."""


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = SAFE_UNQUOTED.fullmatch(text) and read_scalar(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _write_text)


def to_yaml(settings: Settings) -> str:
    """Every setting on a line of its own, below its section. `from_yaml` gives the identical settings back.

    Raises UsageError where there is more of it than is ever read.
    """
    lines = []
    for section, content in settings.model_dump().items():
        lines.append(f"{section}:")
        lines += [f"  {key}: {inline_yaml(value)}" for key, value in content.items()]
    text = "\n".join(lines) + "\n"
    if len(text.encode()) > MAX_BYTES:
        raise UsageError(
            f"The settings would take more than {MAX_BYTES // 1024} KiB",
            f"text.sources, {len(settings.text.sources):,} of them",
            "Name a folder or a glob in quotes instead of every file in it.",
        )
    return text


def inline_yaml(value: object) -> str:
    """A value as it stands after `name: ` in YAML, on one line."""
    dumped: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=MAX_BYTES
    )
    return dumped.removesuffix("...\n").strip()  # the mark that ends a document which is a plain scalar


def from_yaml(text: str, source: str = "config.yaml") -> Settings:
    """The settings in YAML. Raises UsageError that lists everything wrong with them; `source` names the text in it."""
    return resolve_text(text, source).settings


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a config file, for editors that complete and check YAML."""
    schema = Settings.model_json_schema()
    preset = {"type": "string", "description": "a preset that this file starts from", "title": "Preset"}
    return {**schema, "properties": {"preset": preset, **schema["properties"]}}
