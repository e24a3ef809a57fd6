"""A notebook as a page: its text, its code, and the outputs that are stored in it. Knows no file.

A cell that begins with %%sh or the like has the lines of a shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

NOTEBOOK = re.compile(r"(\]\([^)\s]+)\.ipynb\)")  # a link to a notebook, which is a page here
TERMINAL = re.compile(r"\x1b\[[0-9;]*m")  # colours, which a page does not show


def notebook_page(notebook: Mapping[str, Any]) -> str:
    """The Markdown of a notebook in the form of nbformat 4."""
    return "\n".join(line for cell in notebook["cells"] for line in _cell(cell))


def to_pages(text: str) -> str:
    """A Markdown text whose links to notebooks lead to their pages."""
    return NOTEBOOK.sub(r"\1.md)", text)


def _cell(cell: Mapping[str, Any]) -> Iterator[str]:
    source = _joined(cell["source"])
    if cell["cell_type"] == "markdown":
        yield from (to_pages(source), "")
    elif cell["cell_type"] == "code":
        yield from _fenced(source, "bash" if source.startswith(("!", "%%")) else "python")
        for output in cell["outputs"]:
            yield from _output(output)


def _output(output: Mapping[str, Any]) -> Iterator[str]:
    """An output in the richest of the forms that it has."""
    if output["output_type"] == "stream":
        yield from _fenced(TERMINAL.sub("", _joined(output["text"])), "text")
        return
    data = output.get("data", {})
    if "text/html" in data:
        yield from (_joined(data["text/html"]), "")
    elif "image/png" in data:
        yield from (f'<img alt="" src="data:image/png;base64,{_joined(data["image/png"]).strip()}">', "")
    elif "text/plain" in data:
        yield from _fenced(_joined(data["text/plain"]), "text")


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _fenced(text: str, language: str) -> list[str]:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [f"{fence}{language}", text.rstrip("\n"), fence, ""]
