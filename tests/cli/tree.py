"""The tree of commands, walked for the tests of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from command_line import parsers

from charlm.cli import app


def every_command(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each group and command with the words that lead to it; the root has none."""
    command = command or parsers(app)
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*path, name))


def leaves() -> list[tuple[tuple[str, ...], Any]]:
    """The commands that are no groups."""
    return [(path, command) for path, command in every_command() if not getattr(command, "commands", None)]
