"""The help of every command: plain names for values, whole sentences, and examples that can be pasted."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer
from command_line import in_this_process
from typer.testing import CliRunner

from charlm.cli import app
from charlm.cli.help_pages import Command, examples, examples_of

sys.path.insert(0, str(Path(__file__).parent))

from tree import every_command, leaves

WIDTHS = (60, 80, 100)


def each(found):
    return pytest.mark.parametrize(("path", "command"), found, ids=[" ".join(path) or "charlm" for path, _ in found])


@each(list(every_command()))
def test_a_page_names_values_plainly_and_cuts_no_sentence(charlm, path, command):
    for width in WIDTHS:
        page = charlm(*path, "--help", env={"COLUMNS": width}).stdout
        assert page.startswith(f"Usage: {' '.join(['charlm', *path])} ")
        assert not re.search(r"<\w|\[\[|\.\.\.\]\.\.\.|list\[", page), page
        assert not re.search(r"\w\.\.\.$", re.sub(r"^Usage.*?\n\n", "", page, flags=re.DOTALL), re.MULTILINE), page
        written = page.partition("Examples:")[0].splitlines()
        assert max(map(len, written)) <= width


def test_a_list_of_commands_has_their_whole_first_sentences(charlm):
    page = " ".join(charlm("--help", env={"COLUMNS": 60}).stdout.split())
    assert "doctor Check this machine, and a text before hours are spent on it." in page


@each(leaves())
def test_every_command_has_examples_that_it_accepts(path, command):
    """They are parsed as a shell and charlm would; what they name need not exist."""
    found = examples_of(command)
    assert 1 <= len(found) <= 4
    for example in found:
        assert len(example) <= 76, "it must fit on a terminal of 80 columns"
        assert "<" not in example
        words = shlex.split(re.sub(r" [>|] .*", "", example))
        assert tuple(words[: len(path) + 1]) == ("charlm", *path)
        command.make_context(path[-1], words[len(path) + 1 :])


@each(leaves())
def test_every_page_shows_its_examples_as_they_are(charlm, path, command):
    page = charlm(*path, "--help", env={"COLUMNS": 60}).stdout
    assert page.endswith("Examples:\n" + "".join(f"  {example}\n" for example in examples_of(command)))


def test_an_argument_and_a_value_are_named_in_capitals():
    """Of whatever type, with and without a name of their own."""
    small = typer.Typer(rich_markup_mode=None)

    @small.command(cls=Command, epilog=examples("it a.txt"))
    def _it(
        must: str,
        texts: Annotated[list[str] | None, typer.Argument()] = None,
        count: int = 3,
        share: float = 0.5,
        part: Literal["train", "valid"] = "train",
        keys: Annotated[list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE")] = None,
        plain: bool = True,
    ) -> None:
        """Do it."""

    page = CliRunner().invoke(small, ["--help"]).output
    assert "[OPTIONS] MUST [TEXTS]...\n" in page
    for shown in ("--count N ", "--share X ", "--part train|valid", "-s, --set KEY=VALUE", "--plain / --no-plain"):
        assert shown in page, page


def test_the_program_has_one_name_however_it_is_started(charlm_process):
    assert charlm_process("--help").stdout.startswith("Usage: charlm [OPTIONS] COMMAND")
    assert app.info.name == "charlm"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_page_of_all_commands_is_the_same_without_what_is_in_the_groups(option):
    whole = CliRunner().invoke(app, [option], prog_name="charlm")
    assert in_this_process(option).stdout.split() == whole.stdout.split()
