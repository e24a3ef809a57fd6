"""The pages that the site makes of commands and of notebooks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import typer

from charlm.cli import app

sys.path.insert(0, str(Path(__file__).parents[2]))  # the site is built in a source tree, which may not be installed

from website.commands import command_pages, plain
from website.notebooks import notebook_page


@pytest.fixture(scope="module")
def pages():
    return {page.path: page for page in command_pages()}


def every_command(command, path=()):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from every_command(inner, (*path, name))


def test_every_command_has_a_page_with_every_option(pages):
    for path, command in every_command(typer.main.get_command(app)):
        folder = "/".join(["commands", *path])
        page = pages[f"{folder}/index.md" if hasattr(command, "commands") else f"{folder}.md"]
        assert page.text.startswith(f"# {' '.join(['charlm', *path])}\n")
        assert page.title == (path[-1] if path else "charlm")
        for parameter in command.params:
            if not parameter.hidden and parameter.param_type_name == "option":
                assert all(option in page.text for option in parameter.opts)
        assert (command.epilog or "") in page.text
    assert len(pages) == sum(1 for _ in every_command(typer.main.get_command(app)))


def test_links_between_the_pages_of_commands_lead_to_pages(pages):
    found = 0
    for path, page in pages.items():
        for target in re.findall(r"\]\(([^)]+)\)", page.text):
            assert f"{path.rpartition('/')[0]}/{target}" in pages
            found += 1
    assert found == len(pages) - 1  # each but the root is in the list of its group


def test_what_a_command_says_is_no_markup():
    assert plain("*a* <b> [c](d) `-s x=[1]|*` e_f") == r"\*a\* \<b> \[c\](d) `-s x=[1]|*` e\_f"


def cell(kind, source, *outputs):
    return {"cell_type": kind, "source": source, **({"outputs": list(outputs)} if kind == "code" else {})}


def test_a_notebook_is_a_page():
    html = {"output_type": "display_data", "data": {"text/html": ["<b>x</b>\n"], "text/plain": "x"}}
    said = {"output_type": "stream", "text": ["\x1b[2m1\x1b[0m\n", "```\n"]}
    value = {"output_type": "execute_result", "data": {"text/plain": "3"}}
    picture = {"output_type": "display_data", "data": {"image/png": "aGk=\n", "text/plain": "<Image>"}}
    page = notebook_page(
        {
            "cells": [
                cell("markdown", ["# A\n", "[next](b.ipynb) and [docs](../docs/c.md)"]),
                cell("code", "%%sh\nls"),
                cell("code", "1 + 2", html, said, value, picture),
                cell("raw", "left out"),
            ]
        }
    )
    assert page == (
        "# A\n[next](b.md) and [docs](../docs/c.md)\n\n"
        "```bash\n%%sh\nls\n```\n\n"
        "```python\n1 + 2\n```\n\n"
        "<b>x</b>\n\n\n"
        "````text\n1\n```\n````\n\n"
        "```text\n3\n```\n\n"
        '<img alt="" src="data:image/png;base64,aGk=">\n'
    )
