"""The files that the commands of `charlm inspect` write: arrays, and a page. Knows no command.

What is written to a file is not printed too; `--json` is printed all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.output_file import STDOUT, check_output, written_whole
from charlm.display.printing import print_stderr
from charlm.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

Npz = Annotated[str | None, typer.Option("--npz", metavar="FILE", help="Write arrays for numpy.load to a file.")]
Html = Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write one HTML page; - is standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the files of --npz and --html.")]


def check_files(npz: str | None, html: str | None, force: bool, as_json: bool) -> None:
    """Raise UsageError, before any work, if one of them cannot be written, or if two want standard output."""
    given = {"--npz": npz, "--html": html}
    to_stdout = [option for option, name in given.items() if name == STDOUT] + ["--json"] * as_json
    if len(to_stdout) > 1:
        both = " and ".join(to_stdout)
        raise UsageError(f"{both} cannot both be on standard output", both, "Name a file after one of them.")
    if npz and npz == html:
        raise UsageError("--npz and --html name the same file", npz, "Name two files.")
    for name in filter(None, given.values()):
        check_output(name, force)


def check_one_form(command: str, npz: str | None, html: str | None, force: bool, as_json: bool) -> None:
    """The same for a command that prints a page or JSON, and not both."""
    if as_json and html:
        raise UsageError("--json and --html cannot go together", command, "Give one of them.")
    check_files(npz, html, force, as_json)


def write_arrays(npz: str, force: bool, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an .npz, which numpy.load opens, and say so."""
    import numpy as np

    with written_whole(npz, force) as file:
        np.savez(file, allow_pickle=False, **arrays)  # uncompressed: values of a long text are gigabytes
    _say(f"{len(arrays)} arrays written to", npz)


def write_page(html: str, force: bool, page: str) -> None:
    """Write a page, and say so."""
    content = page.encode()
    with written_whole(html, force) as file:
        file.write(content)
    _say(f"{len(content):,} bytes written to", html)


def _say(what: str, name: str) -> None:
    if name != STDOUT:
        print_stderr(f"{what} {name}")
