"""The part of the command tree that the tab key needs, since typer builds all of what it gets. Knows no command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import copy

from typer import Typer

LINES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")  # the line, as bash sets it, and as zsh and fish do


def asked_words(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """The words after `charlm` that are to be completed, the last of them unfinished; None if no shell asks."""
    line = next((environment[name] for name in LINES if name in environment), None)
    if line is None or "_CHARLM_COMPLETE" not in environment:
        return None
    return [*line.split(), *([""] if line[-1:].isspace() else [])][1:]


def part_for(app: Typer, words: Sequence[str]) -> Typer:
    """A copy of the commands with those alone that the words name, or that a name which is not finished may become.

    Of the groups that are offered, the commands are left out.
    """
    part = copy(app)
    first, rest = (words[0], words[1:]) if words else ("", [])
    if rest and first.startswith("-"):
        return part
    if rest:
        part.registered_commands = [each for each in app.registered_commands if each.name == first]
        groups = [each for each in app.registered_groups if each.name == first]
    else:
        groups = app.registered_groups
    part.registered_groups = [copy(each) for each in groups]
    for group in part.registered_groups:
        if group.typer_instance:
            group.typer_instance = (
                part_for(group.typer_instance, rest) if rest else _without_commands(group.typer_instance)
            )
    return part


def _without_commands(app: Typer) -> Typer:
    part = copy(app)
    part.registered_commands, part.registered_groups = [], []
    return part
