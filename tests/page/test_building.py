"""charlm.page.building and charlm.page.layers: what is in a page, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pages import LETTERS, random_model

from charlm.cells.cell import Cell
from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.cells.table import CELLS
from charlm.config.settings import TextSettings
from charlm.errors import UsageError
from charlm.model.stack import Layer
from charlm.page.building import Head, build_page, shown
from charlm.page.layers import _arrays, page_model
from charlm.page.steps import traced_step

ASSETS = Path(str(files("charlm.page"))) / "assets"


def page_of(model, head=None):
    return build_page(model, LETTERS, TextSettings(), "float16", head or Head("a", "b", []))


@dataclass(frozen=True)
class Halved(MatrixLSTM):
    """A cell with a wide state and a step of its own."""

    def step(self, weights, projected, state, below=None):
        output, after, gates = super().step(weights, projected, state, below)
        return output / 2, after, gates


def test_a_cell_with_a_wide_state_that_is_none_of_the_table_is_refused_with_what_can_run_it(monkeypatch):
    monkeypatch.setitem(CELLS, "matrix_lstm", Halved)
    with pytest.raises(UsageError, match="a state whose S has another number of values") as raised:
        page_model(random_model(cell="matrix_lstm"))
    assert "charlm serve" in raised.value.remedy


def test_a_step_written_by_hand_is_in_the_pages_that_need_it_alone():
    assert "step_ntm" in page_of(random_model(cell="ntm"))
    assert "step_ntm" not in page_of(random_model(cell="matrix_lstm"))


def test_the_policy_allows_the_pages_own_style_and_script_alone():
    page = page_of(random_model())
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    own = [re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1] for tag in ("style", "script")]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in own]
    assert policy == (
        f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]} 'wasm-unsafe-eval'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_in_a_page_names_an_address_or_makes_html_of_text():
    page = page_of(random_model())
    assert not re.search(r"https?:|//[a-z]|\bfetch\(|XMLHttpRequest|import\(|@import|url\(", page)
    assert not re.search("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function", page)


def test_what_is_data_is_escaped():
    evil = "</script><script>alert(1)</script>\u2028\u202e\x07"
    page = page_of(random_model(), Head(evil, evil, [("Licence", evil)]))
    assert page.count("<script") == page.count("</script") == 3
    assert not {"\u2028", "\u202e", "\x07"} & set(page)
    about = json.loads(re.search('id="about">(.*?)</script>', page, re.DOTALL)[1])
    assert shown(evil) == "</script><script>alert(1)</script>\ufffd\ufffd\ufffd"
    assert about["symbols"] == list(LETTERS.symbols)


def test_layers_of_one_kind_share_a_function():
    layers = [{"cell": "lstm"}, {"cell": "lstm"}, {"cell": "gru"}]
    assert len(page_model(random_model(layers=layers)).functions) == 2


def test_files_of_a_page_are_short():
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in ASSETS.iterdir()}
    assert len(lines) > 15
    assert {name: count for name, count in lines.items() if count > 300} == {}


class State(NamedTuple):
    h: object


@dataclass(frozen=True)
class Squared(Cell):
    """A cell that projects the square of its input."""

    TITLE, PAPER, STATE = "Squared", "none", State

    def shapes(self, input_size, hidden_size, below=False):
        return {"weight_ih": (hidden_size, input_size), "bias": (hidden_size,)}

    def project(self, weights, x):
        return (x * x) @ weights["weight_ih"].T

    def step(self, weights, projected, state, below=None):
        return projected, State(projected), {}


def test_a_projection_that_is_not_linear_is_refused():
    layer = Layer(Squared(), 3, 4, reads_below=False, read_above=False)
    weights = {"weight_ih": np.ones((4, 3), np.float32), "bias": np.ones(4, np.float32)}
    with pytest.raises(UsageError, match="projects its input by something else") as refused:
        _arrays(layer, weights, traced_step(layer, weights, 1), 1)
    assert refused.value.where == "layer 2 of the model"
