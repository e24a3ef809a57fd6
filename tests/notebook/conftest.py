"""A notebook for the tests: what charlm asks of IPython, without a kernel. test_in_jupyter.py has a real one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """The folder of the runs."""
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def ipython(monkeypatch):
    """IPython on a terminal: it runs, and has no kernel."""
    module = ModuleType("IPython")
    module.get_ipython = lambda: SimpleNamespace()
    monkeypatch.setitem(sys.modules, "IPython", module)
    return module


@pytest.fixture
def notebook(ipython, monkeypatch):
    """The outputs of a notebook: a list for each place, of what it showed one after the other."""
    places = []

    class DisplayHandle:
        def display(self, value):
            self.shown = [value]
            places.append(self.shown)

        def update(self, value):
            self.shown.append(value)

    ipython.display = ModuleType("IPython.display")
    ipython.display.DisplayHandle = DisplayHandle
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    return places
