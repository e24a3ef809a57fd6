"""Compiling the kernels, and doing without them."""

from __future__ import annotations

import runpy
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from charlm.cells.table import build_cell
from charlm.graphs.derived import files, table_forms
from charlm.kernels import building
from charlm.kernels.choosing import built_levels


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


def test_a_library_is_named_after_its_sources_and_its_flags(copy: Path) -> None:
    lowest = building.levels()[0]
    first = building.library_path(lowest)
    assert building.library_path(lowest) == first
    assert first.name.endswith(f"-{lowest.name}.so")
    other_flags = building.library_path(lowest._replace(flags=("-O1",)))
    (copy / "window.h").write_text((copy / "window.h").read_text() + "/* another */\n")
    assert len({first, other_flags, building.library_path(lowest)}) == 3


@pytest.mark.parametrize("architecture", sorted(building.LEVELS))
def test_every_level_of_an_architecture_needs_more_than_the_one_before(architecture: str) -> None:
    levels = building.LEVELS[architecture]
    assert not levels[0].needs
    assert all(lower.needs < higher.needs for lower, higher in pairwise(levels))
    assert len({level.name for level in levels} | {building.library_path(level) for level in levels}) == 2 * len(levels)
    assert not any("native" in flag for level in levels for flag in level.flags)


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
def test_an_installation_has_every_level() -> None:
    """So the kernels of all cells compile for each."""
    built = built_levels()
    if not built:
        pytest.skip("the kernels are not compiled here")
    assert [*built] == [*building.levels()]


FEW = [(build_cell(name, {}), False) for name in ("lstm", "mut1")]  # of one stage, and of two


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
@pytest.mark.parametrize(
    "forms", [FEW, pytest.param([*table_forms()], marks=pytest.mark.slow)], ids=["few cells", "every cell"]
)
def test_every_level_is_built_and_old_libraries_go(copy: Path, monkeypatch: pytest.MonkeyPatch, forms) -> None:
    monkeypatch.setattr(building, "FLAGS", ("-O0", *building.FLAGS[1:]))  # an installation compiles with all of them
    (copy / "kernels-0123.so").write_bytes(b"old")
    built = building.build(files(forms))
    assert not built.failed, "this test needs a compiler that knows every level: gcc 10 or clang 9"
    assert built.paths == {level.name: building.library_path(level) for level in building.levels()}
    assert sorted(copy.glob("kernels-*")) == sorted(built.paths.values())


@pytest.fixture
def two_levels(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small source, and a level whose flags no compiler knows above one without flags."""
    levels = (building.Level("lowest"), building.Level("newest", ("-march=of-the-next-century",)))
    monkeypatch.setattr(building, "levels", lambda: levels)
    (copy / "kernels.c").write_text("int nothing(void) { return 0; }\n")
    return copy


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
def test_a_level_that_the_compiler_does_not_know_is_left_out(two_levels: Path) -> None:
    built = building.build({})
    assert built.paths.keys() == {"lowest"}
    assert sorted(two_levels.glob("kernels-*")) == [built.paths["lowest"]]
    assert "of-the-next-century" in built.failed["newest"]


@pytest.mark.skipif(building.compiler() is None, reason="no C compiler here")
def test_a_message_of_the_compiler_is_passed_on(two_levels: Path) -> None:
    (two_levels / "kernels.c").write_text("int nonsense(")
    with pytest.raises(OSError, match=r"kernels\.c"):
        building.build({})
    assert not list(two_levels.glob("kernels-*"))


def test_without_a_compiler_it_says_so(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(FileNotFoundError, match="no C compiler"):
        building.build({})


def test_the_command_line_says_what_is_lost(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(SystemExit, match="charlm works without them, more slowly"):
        runpy.run_module("charlm.kernels", run_name="__main__")


def test_the_command_line_keeps_kernels_that_came_without_a_compiler(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lowest = building.levels()[0]
    building.library_path(lowest).touch()
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.delenv("CHARLM_KERNELS", raising=False)
    runpy.run_module("charlm.kernels", run_name="__main__")
    said = capsys.readouterr()
    assert said.out.startswith(f"{building.library_path(lowest)}\nLoaded on this machine: {lowest.name}")
    assert "The kernels that are here stay" in said.err
