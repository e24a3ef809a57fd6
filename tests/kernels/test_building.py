"""Compiling the kernels, and doing without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charlm.kernels import building


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources in a folder of their own."""
    for name in building.SOURCES:
        shutil.copy(building.HERE / name, tmp_path / name)
    monkeypatch.setattr(building, "HERE", tmp_path)
    return tmp_path


def test_every_file_of_c_is_a_source() -> None:
    files = {path.name for path in building.HERE.iterdir() if path.suffix in (".c", ".h")}
    assert set(building.SOURCES) == files


def test_a_library_is_named_after_its_sources_and_its_processor(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = building.library_path()
    assert building.library_path() == first
    (copy / "lstm.h").write_text((copy / "lstm.h").read_text() + "/* another */\n")
    second = building.library_path()
    monkeypatch.setattr(building, "processor", lambda: "another processor")
    assert len({first, second, building.library_path()}) == 3


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
def test_it_is_built_whole_and_the_old_one_goes(copy: Path) -> None:
    (copy / "kernels-0123.so").write_bytes(b"old")
    made = building.build()
    assert made == building.library_path()
    assert sorted(path.name for path in copy.glob("kernels-*")) == [made.name]


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
def test_what_the_compiler_says_is_passed_on(copy: Path) -> None:
    (copy / "kernels.c").write_text("int nonsense(")
    with pytest.raises(OSError, match=r"kernels\.c"):
        building.build()
    assert not list(copy.glob("kernels-*"))


def test_without_a_compiler_it_says_so(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(FileNotFoundError, match="no C compiler"):
        building.build()


def test_the_command_line_says_what_is_lost(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "charlm.kernels"],
        env={**os.environ, "CC": "no-such-compiler"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "charlm works without them, more slowly" in done.stderr


def test_charlm_does_without_them_when_told() -> None:
    code = "from charlm.kernels import library; print(library())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CHARLM_KERNELS": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "None"
