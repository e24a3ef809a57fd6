"""A release, as CONTRIBUTING makes one: built, checked, installed where there is no compiler, and used.

The new environment has charlm from the wheel alone. The other packages, of which torch has hundreds of megabytes, are
those of the Python that runs the test: a .pth file adds their folder, from which no other .pth file is read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def run(*command, **named):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **named)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folder with a source archive, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(released, tmp_path_factory):
    """Runs a program of a new environment that has the wheel, in a folder of its own, without a compiler."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    (wheel,) = released.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "-q", wheel)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CHARLM", "COV_"))
    }
    environment |= {"PATH": str(folder / "venv" / "bin"), "CC": "none", "CHARLM_CACHE": str(folder / "cache")}

    def program(name, *arguments):
        return run(folder / "venv" / "bin" / name, *arguments, cwd=folder, env=environment)

    program.packages = packages
    return program


def test_the_index_would_take_both(released):
    (archive,), (wheel,) = released.glob("*.tar.gz"), released.glob("*.whl")
    said = run(sys.executable, "-m", "twine", "check", "--strict", archive, wheel)
    assert said.count("PASSED") == 2


def test_the_wheel_brings_kernels_presets_and_pages(released):
    (wheel,) = released.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("charlm/presets/quick.yaml", "charlm/display/pages/shell.html", "charlm/page/assets/products.wat"):
        assert name in names
    kernels = [name for name in names if name.startswith("charlm/kernels/kernels-")]
    assert "none-any" in wheel.name or kernels
    assert not [name for name in names if name.startswith(("tests/", "docs/", "website/"))]


def test_the_installed_wheel_trains_samples_and_scores(installed):
    where = installed("python", "-c", "import charlm; print(charlm.__file__)").strip()
    assert Path(where).is_relative_to(installed.packages)
    (installed.packages / "charlm" / "presets" / "quick.yaml").read_text()
    installed("charlm", "train", "alice", "--run", "smoke", "--budget", "2s")
    assert installed("charlm", "sample", "smoke", "-n", 50, "--seed", 1).strip()
    score = json.loads(installed("charlm", "eval", "perplexity", "smoke", "--split", "valid", "--json"))
    assert 1 < score["bits_per_character"] < 6
    installed("charlm", "export", "html", "smoke", "-o", "smoke.html")
    assert "charlm" in installed("charlm", "--version")


def test_its_kernels_are_loaded_without_a_compiler(installed):
    brought = list((installed.packages / "charlm" / "kernels").glob("kernels-*"))
    assert bool(brought) == (shutil.which("cc") is not None)  # where it was built
    found = installed("python", "-c", "from charlm.kernels import library; print(library() is not None)")
    assert found.strip() == str(bool(brought))
