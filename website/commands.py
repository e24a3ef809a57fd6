"""A page for each command, written from the tree of commands: what its help says, as Markdown. Knows no file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from charlm.cli import app
from charlm.cli.help_pages import examples_of, parameter_sections

CODE = re.compile(r"(`[^`]*`)")
SPECIAL = re.compile(r"([\\*_<\[\]#|~])")


@dataclass(frozen=True)
class Page:
    """A page: where it is in the site, its title, and its Markdown."""

    path: str
    title: str
    text: str


def command_pages() -> list[Page]:
    """The pages in the order of `charlm --help`. A group comes before its commands."""
    root = typer.main.get_command(app)
    return list(_pages(root, _context(root, "charlm", None)))


def _pages(command: Any, context: Any) -> Iterator[Page]:
    words = context.command_path.split()
    inner = {
        name: each
        for name in (command.list_commands(context) if hasattr(command, "commands") else ())
        if not (each := command.commands[name]).hidden
    }
    path = "/".join(["commands", *words[1:]]) + ("/index.md" if inner else ".md")
    yield Page(path, words[-1], "\n".join(_lines(command, context, inner)))
    for name, each in inner.items():
        yield from _pages(each, _context(each, name, context))


def _context(command: Any, name: str, parent: Any) -> Any:
    return command.context_class(command, info_name=name, parent=parent, **command.context_settings)


def _lines(command: Any, context: Any, inner: dict[str, Any]) -> Iterator[str]:
    yield from (f"# {context.command_path}", "")
    for paragraph in (command.help or "").strip().split("\n\n"):
        yield from (plain(" ".join(paragraph.split())), "")
    yield from _fenced([" ".join([context.command_path, *command.collect_usage_pieces(context)])])
    if inner:
        yield from ("## Commands", "")
        for name, each in inner.items():
            target = f"{name}/index.md" if hasattr(each, "commands") else f"{name}.md"
            yield f"- [`{name}`]({target}): {plain(each.get_short_help_str(10_000))}"
        yield ""
    for title, rows in parameter_sections(command, context).items():
        if rows:
            yield from (f"## {title}", "")
            for name, explained in rows:
                yield from (f"`{name}`", f":   {plain(' '.join(explained.split())) or ' '}", "")
    if examples := examples_of(command):
        yield from ("## Examples", "")
        yield from _fenced(examples, "bash")


def _fenced(lines: list[str], language: str = "text") -> list[str]:
    return [f"```{language}", *lines, "```", ""]


def plain(text: str) -> str:
    """A text in which nothing is Markdown but code between backticks."""
    parts = CODE.split(text)
    return "".join(part if number % 2 else SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))
