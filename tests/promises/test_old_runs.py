"""Runs that charlm 0.1.0 made open as they did then: they are shown, sampled from, scored and trained further.

Same bits are promised on the same machine only, so scores are compared to 1e-6 nats, and the losses of a training that
goes on to 1e-3. How the runs were made stands beside them, in tests/data.
"""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from charlm.kernels.choosing import OFF, SWITCH
from charlm.kernels.library import library

RUNS = Path(__file__).resolve().parents[1] / "data" / "runs-0.1.0"
EXPECTED = json.loads((RUNS / "expected.json").read_text(encoding="utf-8"))
DONE, MORE = 6, 12  # steps that the runs were trained for, and that they go on to

each_run = pytest.mark.parametrize("name", EXPECTED)


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of the runs, with the texts that they were trained on."""
    return Path(shutil.copytree(RUNS, tmp_path / "copy"))


@pytest.fixture
def said(charlm, copy):
    """Run a command line among the copied runs; gives its stdout."""

    def run(line: str) -> str:
        result = charlm(*shlex.split(line), cwd=copy, env={"CHARLM_RUNS": "."})
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


def test_all_of_them_are_listed(said):
    assert {run["name"] for run in json.loads(said("runs list --json"))["runs"]} == set(EXPECTED)


@each_run
def test_it_is_shown_as_it_was(said, name):
    shown = json.loads(said(f"runs show {name} --json"))
    expected = EXPECTED[name]["show"]
    assert {key: shown.get(key) for key in expected} == expected


@pytest.fixture
def definitions_only(monkeypatch):
    """0.1.0 had kernels for fewer cells and widths, and its runs here were sampled without them."""
    monkeypatch.setenv(SWITCH, OFF)
    library.cache_clear()
    yield
    library.cache_clear()


@each_run
@pytest.mark.usefixtures("definitions_only")
def test_seeded_samples_are_the_same_text(said, name):
    samples = EXPECTED[name]["samples"]
    assert {line: said(line) for line in samples} == samples


@each_run
def test_scores_are_the_same(said, name):
    for line, expected in EXPECTED[name]["scores"].items():
        score = json.loads(said(line))
        assert (score["step"], score["characters"]) == (expected["step"], expected["characters"]), line
        assert score["nats_per_character"] == pytest.approx(expected["nats_per_character"], rel=0, abs=1e-6), line


@each_run
def test_it_can_be_trained_further(said, copy, name):
    before = (copy / name / "metrics.jsonl").read_text(encoding="utf-8")
    result = json.loads(said(f"train --resume {name} --steps {MORE} --json"))
    assert (result["step"], result["reason"]) == (MORE, "length")

    metrics = (copy / name / "metrics.jsonl").read_text(encoding="utf-8")
    assert metrics.startswith(before)
    updates = [row for row in map(json.loads, metrics.splitlines()) if row["event"] == "updated"]
    assert [row["step"] for row in updates] == list(range(1, MORE + 1))
    # Weights, carried state, optimizer and position are the old ones, or the losses would differ by far more.
    resumed = [row["nats"] for row in updates[DONE:]]
    assert resumed == pytest.approx(EXPECTED[name]["resumed_nats"], rel=0, abs=1e-3)
    assert json.loads(said(f"eval perplexity {name}/last --json"))["step"] == MORE
