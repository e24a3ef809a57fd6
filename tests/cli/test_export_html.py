"""`charlm export html` through the real command line. What is on the page is tested in tests/page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sampled import make

from charlm.page import choosing
from charlm.page.choosing import choose_weights


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


def test_a_page_is_written_with_what_rounding_costs(charlm, runs, tmp_path):
    done = charlm("export", "html", "tiny", env=runs)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    page = (tmp_path / "tiny.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert f"{len(page.encode()):,} bytes written to tiny.html, weights in float16" in done.stderr
    assert "the valid split of verse" in done.stderr
    assert "rounding costs" in done.stderr
    assert "rounding costs" in page
    assert "not stated" in page


def test_the_score_is_that_of_eval_but_for_the_rounding(charlm, runs, verse):
    expected = json.loads(charlm("eval", "perplexity", "tiny", "--json", env=runs).stdout)
    found = {}
    for weights in ("float32", "float16", "int8"):
        done = charlm("export", "html", "tiny", "-o", f"{weights}.html", "--weights", weights, "--json", env=runs)
        found[weights] = json.loads(done.stdout)
        score = found[weights]["nats_per_character"] - found[weights]["rounding_nats"]
        assert score == pytest.approx(expected["nats_per_character"], abs=1e-9)
        assert found[weights]["characters"] == expected["characters"]
    assert found["float32"]["rounding_nats"] == 0
    assert 0 < abs(found["float16"]["rounding_nats"]) < 0.001 < 100 * abs(found["int8"]["rounding_nats"]) < 5
    assert found["float32"]["bytes"] > found["float16"]["bytes"] > found["int8"]["bytes"]
    other = charlm("export", "html", "tiny", "--text", verse, "--json", env=runs)
    assert json.loads(other.stdout)["text"] == "verse"


def test_a_page_is_not_written_over_another_file(charlm, runs, tmp_path):
    (tmp_path / "tiny.html").write_text("mine")
    done = charlm("export", "html", "tiny", env=runs)
    assert (done.returncode, "--force" in done.stderr) == (2, True)
    assert (tmp_path / "tiny.html").read_text() == "mine"
    assert charlm("export", "html", "tiny", "--force", env=runs).returncode == 0
    page = charlm("export", "html", "tiny", "-o", "-", "--title", "A <b> owl", "--licence", "CC & BY", env=runs).stdout
    assert "<title>A &lt;b&gt; owl</title>" in page
    assert "CC &amp; BY" in page
    assert charlm("export", "html", "tiny", "-o", "-", "--json", env=runs).returncode == 2


def test_a_model_whose_text_is_gone_has_a_page_without_that_figure(charlm, tmp_path):
    folder = make(tmp_path, "lost")
    done = charlm("export", "html", folder)
    assert done.returncode == 0, done.stderr
    assert "what rounding costs was not measured" in done.stderr
    assert "--text FILE" in done.stderr
    assert "not measured" in (tmp_path / "lost.html").read_text(encoding="utf-8")


def test_a_model_that_is_too_large_is_told_its_size(charlm, runs, monkeypatch, tmp_path):
    monkeypatch.setattr(choosing, "LARGEST", 30_000)
    done = charlm("export", "html", "tiny", "--weights", "float32", env=runs)
    assert done.returncode == 2
    assert "too large for a page" in done.stderr
    assert "With --weights int8 it has" in done.stderr
    assert not (tmp_path / "tiny.html").exists()
    monkeypatch.setattr(choosing, "LARGEST", 3_000)
    done = charlm("export", "html", "tiny", "--weights", "int8", env=runs)
    assert "Take a smaller model" in done.stderr


def test_large_models_take_int8_by_themselves():
    def parameters(size):
        return {"matrix": np.broadcast_to(np.float32(0), (size, 1000)), "vector": np.zeros(9, np.float32)}

    assert choose_weights(parameters(1_000), None) == "float16"
    assert choose_weights(parameters(5_000), None) == "int8"
    assert choose_weights(parameters(5_000), "float16") == "float16"


def test_a_cell_that_cannot_be_traced_is_refused_by_name(charlm, tmp_path, verse):
    """Before the text is read, and without a file."""
    (tmp_path / "odd.py").write_text(
        "from dataclasses import dataclass\n"
        "from typing import Any, NamedTuple\n"
        "from charlm.cells.arrays import softmax\n"
        "from charlm.cells.cell import Cell\n\n\n"
        "class State(NamedTuple):\n    h: Any\n\n\n"
        "@dataclass(frozen=True)\nclass Odd(Cell):\n    TITLE, PAPER, STATE = 'Odd', 'none', State\n\n"
        "    def shapes(self, input_size, hidden_size, below=False):\n"
        "        return {'weight_ih': (hidden_size, input_size), 'bias': (hidden_size,)}\n\n"
        "    def step(self, weights, projected, state, below=None):\n"
        "        h = softmax(projected + state.h)\n        return h, State(h), {}\n"
    )
    model = ("-s", "model.cell=odd.py:Odd", "-s", "model.hidden_size=8", "-s", "training.batch_size=4")
    trained = charlm("train", verse, "--run", "odd", "--steps", 2, *model, "--cell-file", "odd.py")
    assert trained.returncode == 0, trained.stderr
    done = charlm("export", "html", "odd", "--cell-file", "odd.py")
    assert done.returncode == 2
    assert "The cell Odd cannot be written in JavaScript: its step has softmax" in done.stderr
    assert not (tmp_path / "odd.html").exists()
