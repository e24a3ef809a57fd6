"""Commands and options change on purpose only: they are those of tests/data/command-tree.txt.

A line names a command; the indented lines below it are its arguments and options, each with its type and its default,
if it has one (a flag that is off shows none). Help is left out, since words may improve at any time.
"""

from __future__ import annotations

import difflib
import inspect
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import typer

from charlm.cli import app

pytestmark = pytest.mark.portable

SNAPSHOT = Path(__file__).resolve().parents[1] / "data" / "command-tree.txt"
UPDATE = "PYTHONPATH=. python tests/laws/test_command_tree.py --update"


def command_tree() -> str:
    return "".join(f"{line}\n" for line in described(typer.main.get_command(app), "charlm"))


def described(command: Any, path: str) -> Iterator[str]:
    """Lines for the command, its parameters and, if it is a group, the commands in it."""
    yield path
    # The classes behind a command differ from one typer to the next. What its function declares does not.
    function = inspect.unwrap(command.callback) if command.callback else lambda: None
    signature, hints = inspect.signature(function).parameters, get_type_hints(function, include_extras=True)
    for parameter in command.params:
        if parameter.name in signature:
            kind, default = declared(hints[parameter.name], signature[parameter.name].default)
            # Columns of fixed width: one changed option changes one line.
            yield f"    {spelled(parameter):<22}{kind:<20}{default}".rstrip()
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from described(inner, f"{path} {name}")


def spelled(parameter: Any) -> str:
    """`--length, -n`; `--plain/--no-plain`; the name of an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.name)
    return "/".join([", ".join(parameter.opts), *parameter.secondary_opts])


def declared(hint: Any, default: Any) -> tuple[str, str]:
    """Type and default of a parameter in typer's two forms: `Annotated[int, Option()] = 3` and `int = Option(3)`."""
    information = default
    if get_origin(hint) is Annotated:
        hint, information = get_args(hint)
    else:
        default = information.default
    limits = [
        f"{sign} {limit}" for sign, limit in ((">=", information.min), ("<=", information.max)) if limit is not None
    ]
    kind = " ".join([kind_of(hint), *limits])
    if default in (inspect.Parameter.empty, ...):
        return kind, "required"
    return kind, "" if default is None or default is False else f"= {default}"


def kind_of(hint: Any) -> str:
    """A type in a word; None is no type of its own here, but the default of an option that may be left out."""
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (each for each in get_args(hint) if each is not types.NoneType)
    if get_origin(hint) is Literal:
        return "|".join(get_args(hint))
    if get_origin(hint) is list:
        return f"{kind_of(*get_args(hint))} ..."
    return "flag" if hint is bool else str(hint.__name__)


def test_commands_and_options_are_those_of_the_snapshot():
    expected, found = SNAPSHOT.read_text(encoding="utf-8").splitlines(), command_tree().splitlines()
    changes = "\n".join(difflib.unified_diff(expected, found, SNAPSHOT.name, "charlm", lineterm="", n=2))
    if changes:
        pytest.fail(f"The command line has changed:\n{changes}\nIf that is meant: {UPDATE}", pytrace=False)


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    SNAPSHOT.write_text(command_tree(), encoding="utf-8", newline="\n")
