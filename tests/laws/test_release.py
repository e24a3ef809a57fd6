"""What a release needs: one version, one name on the index, and a wheel with everything."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from charlm.version import DISTRIBUTION, __version__, install_extra

pytestmark = pytest.mark.portable

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_version_is_in_one_file():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"] == {"path": "charlm/version.py"}
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", __version__)


def test_the_changelog_begins_with_this_version():
    (first, *_) = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first.split()[0] == __version__


def test_the_name_on_the_index_is_told_in_one_way():
    """`pip install charlm` would install another project."""
    assert PROJECT["project"]["name"] == DISTRIBUTION
    assert f"`{DISTRIBUTION}`" in (ROOT / "README.md").read_text(encoding="utf-8")
    places = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "charlm").rglob("*.py")]
    places += (ROOT / "examples").glob("*.ipynb")
    wrong = re.compile(r"pip install[^\n]* ['\"]?charlm(?!-rnn)\b")
    assert {
        str(place.relative_to(ROOT)) for place in places if wrong.search(place.read_text(encoding="utf-8"))
    } == set()
    assert wrong.search("pip install 'charlm[plot]'")


def test_the_extras_that_are_advised_exist():
    extras = PROJECT["project"]["optional-dependencies"]
    called = re.compile(r"install_extra\(['\"](\w+)['\"]\)")
    named = {name for place in (ROOT / "charlm").rglob("*.py") for name in called.findall(place.read_text("utf-8"))}
    assert len(named) >= 5
    assert named <= set(extras)
    assert install_extra("plot") == "pip install 'charlm-rnn[plot]'"


def test_a_wheel_carries_every_file_of_the_package_and_the_presets():
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is a development dependency")
    files = {file.distribution_path for file in builder.WheelBuilder(str(ROOT)).recurse_included_files()}
    tracked = subprocess.run(
        ["git", "ls-files", "charlm", "configs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(tracked) > 300
    wanted = {re.sub("^configs/", "charlm/presets/", path) for path in tracked}
    assert wanted - files == set()


def test_the_tests_that_releases_and_landings_name_exist():
    """A file of tests that is renamed would otherwise be missed when a wheel is built, which is rarely."""
    scripts = [*(ROOT / ".github/workflows").glob("*.yml"), ROOT / ".ci/run"]
    named = {name for script in scripts for name in re.findall(r"tests/[\w/]*\w(?:\.py)?", script.read_text("utf-8"))}
    assert {"tests/kernels", "tests/laws", "tests/engines/test_cell_kernel_numpy.py"} <= named
    assert {name for name in named if not (ROOT / name).exists()} == {"tests/promises/test_"}  # goes on with braces
