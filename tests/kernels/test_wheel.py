"""The build hook: what a wheel is called and brings along, with a compiler and without one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from charlm.kernels import building

HOOK = Path(__file__).parents[2] / "hatch_build.py"


def builds(derived: dict[str, str]) -> Any:
    assert set(derived) == {"derived.h", "derived_stream.h"}
    return SimpleNamespace(paths={"low": Path("/x/kernels-1-low.so"), "high": Path("/x/kernels-2-high.so")})


def fails(derived: dict[str, str]) -> Any:
    raise OSError("no compiler")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """hatch_build.py, with a stand-in for hatchling, which need not be installed where tests run."""
    interface = ModuleType("interface")
    interface.BuildHookInterface = type("BuildHookInterface", (), {"__class_getitem__": lambda cls, item: object})
    for name in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "hatchling.builders.hooks.plugin.interface", interface)
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def built(hook: ModuleType, target: str = "wheel") -> dict[str, Any]:
    """What the hook tells hatchling, for a Python of which hatchling would say more than is needed."""
    kernels = hook.Kernels()
    kernels.target_name = target
    builder = SimpleNamespace(get_best_matching_tag=lambda: "cp311-cp311-linux_x86_64")
    kernels.build_config = SimpleNamespace(builder=builder)
    data: dict[str, Any] = {"pure_python": True, "artifacts": []}
    kernels.initialize("standard", data)
    return data


def test_a_wheel_with_kernels_suits_every_python_on_its_platform(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "build", builds)
    assert built(hook) == {
        "pure_python": False,
        "tag": "py3-none-linux_x86_64",
        "artifacts": ["charlm/kernels/kernels-1-low.so", "charlm/kernels/kernels-2-high.so"],
    }


def test_a_wheel_without_kernels_suits_every_platform(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(building, "build", fails)
    assert built(hook) == {"pure_python": True, "artifacts": []}
    assert "without its compiled kernels, and will be slower: no compiler" in capsys.readouterr().err


def test_sources_are_packed_without_compiling(hook: ModuleType) -> None:
    assert built(hook, "sdist") == {"pure_python": True, "artifacts": []}
