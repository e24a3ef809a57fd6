"""The site is built, and a broken link ends that. CI builds it too (.ci/run)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def build(root, output):
    command = [sys.executable, "-m", "website.build", str(output)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


def test_the_site_has_every_page(tmp_path):
    """README is its front page; docs/, the notebooks and the commands have theirs."""
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    assert "Character-level language models" in (site / "index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / "docs" / page.stem / "index.html").is_file()
    for notebook in (ROOT / "examples").glob("*.ipynb"):
        assert (site / "examples" / notebook.stem / "index.html").is_file()
    shown = (site / "commands" / "eval" / "perplexity" / "index.html").read_text(encoding="utf-8")
    assert "--unknown" in shown


@pytest.mark.parametrize(
    "link", ["[x](docs/no-such-page.md)", "[x](docs/scores.md#no-such-heading)", "![x](docs/no-such-picture.png)"]
)
def test_a_broken_link_ends_the_build(tmp_path, link):
    root = tmp_path / "tree"
    root.mkdir()
    for name in ("docs", "examples", "website", "tests/data/mycell.py", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    (root / "charlm").symlink_to(ROOT / "charlm")
    with (root / "README.md").open("a", encoding="utf-8") as readme:
        readme.write(f"\n{link}\n")
    done = build(root, tmp_path / "site")
    assert done.returncode != 0
    assert "no-such" in done.stdout + done.stderr
