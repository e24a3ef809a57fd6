"""Which steps are compiled when they are first asked for: those of the table, with options that the library lacks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from charlm.cells.lstm import LSTM
from charlm.cells.table import build_cell
from charlm.engines import own_library
from charlm.engines.own_kernel import own_kernel_notes
from charlm.engines.stream_layer import can_run_layer
from charlm.kernels import library
from charlm.model.stack import Layer

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

RARE = build_cell("lstm", {"rounds": 7})


@dataclass(frozen=True)
class Stranger(LSTM):
    """Neither in the table nor in a file of the user's."""


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path):
    """The cells that were to be compiled; no compiler is found."""
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path))
    cells = []

    def build(cell, *_):
        cells.append(cell)
        raise FileNotFoundError("no C compiler was found")

    monkeypatch.setattr(own_library, "_build", build)
    own_library.own_library.cache_clear()
    yield cells
    own_library.own_library.cache_clear()


def test_rare_options_are_compiled_when_they_are_asked_for(asked):
    assert not can_run_layer(Layer(RARE, 8, 8, reads_below=False, read_above=False))
    assert asked == [RARE]
    (note,) = own_kernel_notes(RARE, False, 8)
    assert "LSTM is not compiled, and slower: no C compiler" in note


@pytest.mark.parametrize("name", ["lstm", "mogrifier", "highway", "slstm", "multiplicative"])
def test_what_the_library_has_is_not(asked, name):
    assert can_run_layer(Layer(build_cell(name, {}), 8, 8, reads_below=False, read_above=False))
    assert own_kernel_notes(build_cell(name, {}), False, 8) == []
    assert not asked


def test_a_cell_that_is_neither_in_the_table_nor_in_a_file_is_not(asked):
    layer = Layer(Stranger(rounds=7), 8, 8, reads_below=False, read_above=False)
    assert not can_run_layer(layer)
    assert not asked
