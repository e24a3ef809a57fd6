"""The site: README as its front page, docs/, the notebooks of examples/, and a page for each command.

    python -m website.build OUTPUT            a link to what is not there is an error

The pages are laid out as in the repository, so that a link leads to the same place in both. The pages of commands and
notebooks are made anew each time, and are in no commit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from website.commands import Page, command_pages
from website.notebooks import notebook_page, to_pages

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def lay_out(folder: Path) -> list[Page]:
    """Write the sources of the site into the folder; gives the pages of the commands."""
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.is_file():
            _copy(path, folder)
    for name in PAGES:
        _copy(ROOT / name, folder)
        for target in LINK.findall((ROOT / name).read_text(encoding="utf-8")):
            if Path(target).suffix not in ("", ".md", ".ipynb") and (ROOT / target).is_file():
                _copy(ROOT / target, folder)  # such as a program that README names
    for notebook in sorted((ROOT / "examples").glob("*.ipynb")):
        page = notebook_page(json.loads(notebook.read_text(encoding="utf-8")))
        _write(folder / "examples" / f"{notebook.stem}.md", page)
    pages = command_pages()
    for page in pages:
        _write(folder / page.path, page.text)
    return pages


def _copy(path: Path, folder: Path) -> None:
    target = folder / path.relative_to(ROOT)
    if path.suffix == ".md":
        _write(target, to_pages(path.read_text(encoding="utf-8")))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def settings(folder: Path, output: Path, pages: list[Page]) -> dict[str, Any]:
    """What mkdocs.yml says, with the folders, the pages of the commands, and every page of docs/ that it leaves out."""
    given: dict[str, Any] = yaml.safe_load((ROOT / "website" / "mkdocs.yml").read_text(encoding="utf-8"))
    named = json.dumps(given["nav"])
    more = [f"docs/{path.name}" for path in sorted((folder / "docs").glob("*.md")) if f"docs/{path.name}" not in named]
    nav = [*given["nav"], *([{"More": more}] if more else []), {"Commands": _nested(pages)}]
    return {**given, "nav": nav, "docs_dir": str(folder), "site_dir": str(output)}


def _nested(pages: list[Page]) -> list[Any]:
    """The pages as mkdocs nests them: a group is its own page and those of its commands."""
    nested: list[Any] = []
    groups: dict[str, list[Any]] = {}
    for page in pages:
        folder, _, name = page.path.rpartition("/")
        if name == "index.md":
            groups[folder] = inner = [page.path]
            parent = groups.get(folder.rpartition("/")[0])
            (nested if parent is None else parent).append(inner if parent is None else {page.title: inner})
        else:
            groups[folder].append({page.title: page.path})
    return nested[0]


def build(output: Path) -> str:
    """Build the site; gives what is wrong with it, such as a broken link: nothing if it is whole."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pages"
        config = Path(made) / "mkdocs.yml"
        config.write_text(yaml.safe_dump(settings(folder, output.resolve(), lay_out(folder)), sort_keys=False))
        # not --quiet: with it, mkdocs sees no warnings that --strict could count
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    return "" if done.returncode == 0 else done.stdout + done.stderr


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/site")
    sys.exit(build(target) or 0)
