"""The help page of a command: plain names for values, whole sentences, and examples. Knows no command.

typer names a value by its Python type (`<list[str]>`) and cuts the sentences of a list of commands. These classes
replace the parts of the page that do so; they use only what all supported versions of typer have.
"""

from __future__ import annotations

from inspect import unwrap
from typing import Any

from typer.core import TyperCommand, TyperGroup

from charlm.docstrings import function_docstring

INDENT = "  "
NUMBERS = {"int": "N", "float": "X"}  # by the first letters of the type that typer writes
WHOLE = 10_000  # characters; no first sentence of a command is longer
OFFERED = 76  # characters of a sentence beside a command that the tab key offers, which must fit on one line


def examples(*commands: str) -> str:
    """The epilog of a command: one example a line, each a whole command."""
    return "\n".join(commands)


def examples_of(command: Any) -> list[str]:
    """The examples of a command of the tree, as `examples` was given them."""
    return (command.epilog or "").splitlines()


class Command(TyperCommand):
    """A command whose page ends with its examples."""

    def __init__(self, name: str | None, *, help: str | None = None, **named: Any) -> None:  # noqa: A002
        # typer reads the help from the docstring, which python -OO leaves out
        super().__init__(name, help=help or _docstring(named.get("callback")), **named)

    def get_short_help_str(self, limit: int = OFFERED) -> str:
        return super().get_short_help_str(limit)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return _usage(self, ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_examples(self, formatter)


class Group(TyperGroup):
    """A group of commands, each listed with its whole first sentence."""

    def get_short_help_str(self, limit: int = OFFERED) -> str:
        return super().get_short_help_str(limit)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*_usage(self, ctx), self.subcommand_metavar]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self, ctx, formatter)
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx) if not self.commands[name].hidden]
        _write_section(formatter, "Commands", [(name, each.get_short_help_str(WHOLE)) for name, each in commands])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        _write_examples(self, formatter)


def _docstring(callback: Any) -> str | None:
    return function_docstring(unwrap(callback)) or None if callback else None


def _usage(command: Any, ctx: Any) -> list[str]:
    """`[OPTIONS] RUN [TEXT]...`: an argument in brackets can be left out, one with dots can be repeated."""
    pieces = [command.options_metavar] if command.options_metavar else []
    for parameter in command.get_params(ctx):
        if parameter.param_type_name == "argument":
            name = _argument_name(parameter)
            dots = "..." if parameter.nargs != 1 and not name.endswith("...") else ""
            pieces.append((name if parameter.required else f"[{name}]") + dots)
    return pieces


def _write_parameters(command: Any, ctx: Any, formatter: Any) -> None:
    for title, found in parameter_sections(command, ctx).items():
        _write_section(formatter, title, found)


def parameter_sections(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """Names and explanations: a section of arguments, one of options, and one for each group of options with a name."""
    rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)  # None if it is hidden
        if record is not None:
            is_argument = parameter.param_type_name == "argument"
            name = _argument_name(parameter) if is_argument else _option_name(parameter, record[0])
            section = "Arguments" if is_argument else getattr(parameter, "rich_help_panel", None) or "Options"
            rows.setdefault(section, []).append((name, record[1]))
    return rows


def _write_section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    """A list of names with their explanations. A name wider than a third of the page has a line of its own."""
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=formatter.width // 3)


def _write_examples(command: Any, formatter: Any) -> None:
    """As they are: a wrapped example could not be pasted."""
    if lines := examples_of(command):
        with formatter.section("Examples"):
            for line in lines:
                formatter.write(f"{INDENT}{line}\n")


def _argument_name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name).upper()


def _option_name(parameter: Any, written: str) -> str:
    """`-c, --config CONFIG`; `written` is what typer calls it, which ends with the type."""
    names = [", ".join(sorted(opts, key=len)) for opts in (parameter.opts, parameter.secondary_opts) if opts]
    name = " / ".join(names)
    return name if parameter.is_flag else f"{name} {parameter.metavar or _value_name(parameter, written)}"


def _value_name(parameter: Any, written: str) -> str:
    """`N` for a whole number, `X` for another one, `train|valid` for a choice, else the name of the option."""
    kind = written.rpartition(" ")[2].strip("<>[]").lower()
    if "|" in kind:
        return kind
    return next((letter for start, letter in NUMBERS.items() if kind.startswith(start)), str(parameter.name).upper())
