"""The libraries of all levels that this machine can run: the same functions, and the results of the definition."""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charlm.kernels import library
from charlm.kernels.building import Level, library_path
from charlm.kernels.choosing import built_levels, choice, supported_flags

module = importlib.import_module("charlm.kernels.library")
if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

BUILT = built_levels()
HERE = [level for level in BUILT if level.needs <= supported_flags(BUILT)]
ROOT = Path(__file__).parents[2]
LAWS = [f"tests/engines/test_{name}.py" for name in ("cell_kernel", "cell_kernel_numpy", "compiled_stepper")]


def named(level: Level) -> str:
    return level.name


LOADED = choice().level


@pytest.mark.parametrize("level", HERE[: HERE.index(LOADED)] if LOADED else HERE, ids=named)
def test_every_lower_level_gives_the_results_of_the_definition(level: Level) -> None:
    """The level that is loaded here is what the tests of the engines are about anyway."""
    done = subprocess.run(
        # -P: an installed charlm is tested, even beside a source tree
        [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "definition or extremes", *LAWS],
        cwd=ROOT,
        env={**os.environ, "CHARLM_KERNELS": level.name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("level", HERE, ids=named)
def test_the_level_that_the_user_names_is_loaded(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARLM_KERNELS", level.name)
    found = library.__wrapped__()
    assert found is not None
    assert found._name == str(library_path(level))


def test_no_library_is_loaded_that_the_processor_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    class Recorded(ctypes.CDLL):
        def __init__(self, path: str) -> None:
            loaded.append(path)
            super().__init__(path)

    monkeypatch.setattr(ctypes, "CDLL", Recorded)
    monkeypatch.setattr("charlm.kernels.choosing.processor_flags", lambda: frozenset({"sse2"}))
    monkeypatch.delenv("CHARLM_KERNELS", raising=False)
    module.library_of.cache_clear()
    assert library.__wrapped__() is not None
    assert loaded == [str(library_path(BUILT[0]))]


def test_nothing_is_loaded_when_the_user_turns_the_kernels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARLM_KERNELS", "0")
    assert library.__wrapped__() is None


def test_a_file_that_is_no_library_is_not_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kernels.so").write_bytes(b"no library")
    monkeypatch.setattr(module, "library_path", lambda level: tmp_path / "kernels.so")
    module.library_of.cache_clear()
    try:
        assert library.__wrapped__() is None
    finally:
        module.library_of.cache_clear()


@pytest.mark.skipif(shutil.which("nm") is None, reason="needs nm, which lists a library's functions")
def test_all_levels_have_the_same_functions() -> None:
    """Those that this processor cannot run as well: nothing is executed. Only bf16 levels have bf16 functions."""
    exported = {}
    ending = re.compile("_(bf16|mixed)$")  # the stream's stages, whatever the processor multiplies
    for level in BUILT:
        listed = subprocess.check_output(["nm", "-D", "--defined-only", str(library_path(level))], text=True)
        exported[level.name] = {line.split()[-1] for line in listed.splitlines()}
        exported[level.name] = {ending.sub("_stage", f) if "_stream_" in f else f for f in exported[level.name]}
    lowest = exported[BUILT[0].name]
    assert {"cell_pack_fp32", "gather_fp32", "stream_draw", "StreamDraw_layout", "processor_has"} <= lowest
    bf16 = {function.removesuffix("fp32") + "bf16" for function in lowest if function.endswith("_fp32")}
    for name, functions in exported.items():
        assert functions == lowest | (bf16 if "bf16" in name else set())


@pytest.mark.parametrize("level", HERE, ids=named)
def test_all_levels_have_the_layouts_of_python(level: Level) -> None:
    module.compare_layouts(ctypes.CDLL(str(library_path(level))))
