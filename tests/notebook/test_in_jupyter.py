"""A kernel of Jupyter runs cells: the card is replaced in place, and an interrupted cell saves.

This proves what the other tests of this folder assume of IPython: how it shows values, and how it interrupts a cell.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
SMALL = "hidden_size=8, num_layers=1, batch_size=4, seq_len=16, device='cpu', sample_every=0.2, seed=1"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


class Replaced(NotebookClient):
    """A client that counts how often an output is replaced."""

    count = 0

    def process_message(self, message, cell, cell_index):
        self.count += message["msg_type"] == "update_display_data"
        return super().process_message(message, cell, cell_index)


@contextmanager
def kernel(folder, monkeypatch, *cells):
    """A notebook with these cells, and a client whose kernel runs in the folder."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.setenv("CHARLM_RUNS", str(folder / "runs"))
    monkeypatch.setenv("CHARLM_CACHE", os.environ["CHARLM_CACHE"])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = Replaced(notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel():
        yield notebook, client


def shown(cell):
    """The HTML of the only card of a cell."""
    (card,) = [output for output in cell.outputs if "text/html" in output.get("data", {})]
    return card.data["text/html"]


def test_a_training_is_one_output_that_is_replaced(tmp_path, monkeypatch, verse):
    training = f"for event in charlm.train({str(verse)!r}, run='tiny', budget=3, {SMALL}): pass"
    with kernel(tmp_path, monkeypatch, "import charlm", training, "charlm.load('tiny')") as (notebook, client):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
    assert client.count >= 2
    card, model = shown(notebook.cells[1]), shown(notebook.cells[2])
    assert "data:image/svg+xml" in card
    assert "charlm.load(&#39;tiny&#39;)" in card
    assert "parameters" in model
    assert [output.output_type for output in notebook.cells[1].outputs] == ["display_data"]


def test_an_interrupted_cell_saves_and_the_next_one_goes_on(tmp_path, monkeypatch, verse):
    training = f"for event in charlm.train({str(verse)!r}, run='tiny', steps=10**6, {SMALL}): pass"
    resumed = "for event in charlm.resume('tiny', steps=charlm.load('tiny/last').step + 2): pass\nevent.step"
    step = "charlm.load('tiny/last').step"
    with kernel(tmp_path, monkeypatch, "import charlm", training, step, resumed) as (notebook, client):
        client.execute_cell(notebook.cells[0], 0)
        metrics = tmp_path / "runs" / "tiny" / "metrics.jsonl"

        def interrupt():
            while not metrics.exists() or metrics.stat().st_size < 2000:
                time.sleep(0.1)
            os.kill(client.km.provisioner.process.pid, 2)  # what the button sends

        worker = threading.Thread(target=interrupt)
        worker.start()
        for number in (1, 2, 3):
            client.execute_cell(notebook.cells[number], number)
        worker.join()
    (error,) = [output for output in notebook.cells[1].outputs if output.output_type == "error"]
    assert error.traceback == ["KeyboardInterrupt: tiny is saved; charlm.resume('tiny') goes on with it"]
    card = shown(notebook.cells[1])
    assert "everything is saved. Go on with:" in card
    assert "for event in charlm.resume(&#39;tiny&#39;): ..." in card
    (saved,), (ended,) = (
        [
            output.data["text/plain"]
            for output in notebook.cells[number].outputs
            if output.output_type == "execute_result"
        ]
        for number in (2, 3)
    )
    assert f"Left at step {int(saved):,}; everything is saved" in card
    assert int(ended) == int(saved) + 2
