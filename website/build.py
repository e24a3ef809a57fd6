"""The site: README as its front page, docs/, the notebooks of examples/, and a page for each command.

    python -m website.build OUTPUT            a link to what is not there is an error

The pages are laid out as in the repository, so that a link leads to the same place in both. The pages of commands and
notebooks are made anew each time, and are in no commit.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from website.commands import Page, command_pages
from website.notebooks import notebook_page

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def lay_out(folder: Path) -> list[Page]:
    """Write the sources of the site into the folder; gives the pages of the commands."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    for name in PAGES:
        shutil.copy(ROOT / name, folder / name)
        for target in LINK.findall((ROOT / name).read_text(encoding="utf-8")):
            if not (folder / target).exists() and (ROOT / target).is_file():  # such as a program that README names
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / target, folder / target)
    (folder / "examples").mkdir(exist_ok=True)
    for notebook in sorted((ROOT / "examples").glob("*.ipynb")):
        page = notebook_page(json.loads(notebook.read_text(encoding="utf-8")))
        (folder / "examples" / f"{notebook.stem}.md").write_text(page, encoding="utf-8")
    pages = command_pages()
    for page in pages:
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, encoding="utf-8")
    return pages


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


def build(output: Path) -> None:
    """Build the site. Raises CalledProcessError if a link is broken."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pages"
        folder.mkdir()
        config = Path(made) / "mkdocs.yml"
        config.write_text(yaml.safe_dump(settings(folder, output.resolve(), lay_out(folder)), sort_keys=False))
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(config)]
        subprocess.run(command, check=True, cwd=made)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "site"))
