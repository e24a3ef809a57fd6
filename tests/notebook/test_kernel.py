"""Whether charlm runs in a notebook, found without importing anything."""

from __future__ import annotations

import sys
from types import ModuleType

from small_training import TINY

import charlm
from charlm.notebook.kernel import in_notebook, replaceable


def test_plain_python_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook()


def test_ipython_on_a_terminal_is_no_notebook(ipython):
    assert not in_notebook()


def test_a_module_that_is_only_half_imported_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    assert not in_notebook()


def test_ipython_that_is_imported_and_not_run_is_no_notebook(ipython):
    ipython.get_ipython = lambda: None
    assert not in_notebook()


def test_a_kernel_is_one(notebook):
    assert in_notebook()


def test_a_value_replaces_the_one_before(notebook):
    put, other = replaceable(), replaceable()
    put("one")
    other("else")
    put("two")
    assert notebook == [["one", "two"], ["else"]]


def test_a_training_in_plain_python_imports_nothing_of_ipython(verse, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "IPython"]:
        monkeypatch.delitem(sys.modules, name)
    training = charlm.train(verse, steps=2, **TINY)
    assert len(list(training)) > 3
    assert training._repr_html_()
    assert charlm.load()._repr_html_()
    assert [name for name in sys.modules if name.partition(".")[0] == "IPython"] == []
