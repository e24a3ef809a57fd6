"""A search over settings: real trainings, small ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import in_this_process
from pydantic import ValidationError

from charlm.config.presets import read_config
from charlm.studies.search import Search, search

CONFIGS = Path(__file__).parents[2] / "configs" / "searches"


def a_search(text: Path) -> Search:
    base = {"text.sources": [str(text)], "text.splits": [0.6, 0.2, 0.2], "training.steps": 4, "model.num_layers": 1}
    choices = {"training.learning_rate": (1e-5, 1e-2), "model.hidden_size": (8, 12)}
    return Search(name="small", preset="quick", base=base, choices=choices)


def here(command: list[str], env: dict[str, str], **named: object) -> subprocess.CompletedProcess[str]:
    """In place of a process of its own, which would import torch again."""
    assert command[:3] == [sys.executable, "-m", "charlm"]
    return in_this_process(*command[3:], env=env)


def test_the_best_is_kept_and_nothing_is_trained_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", here)
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox jumps over the lazy dog\n" * 100)
    best = search(a_search(text), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert len(rows) == 3  # a start, another rate, another width
    assert min(rows, key=lambda row: row["nats"])["settings"] == best
    said = capsys.readouterr().out
    assert said.count("\n") == 4
    assert search(a_search(text), tmp_path) == best
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_searches_that_come_with_charlm_are_valid_and_keep_off_the_validation(path: Path) -> None:
    wanted = Search.model_validate(read_config(path, path.name).value)
    train, valid, test = wanted.base["text.splits"]
    assert (train + valid, test) == (pytest.approx(0.9), pytest.approx(0.1))


def test_a_search_needs_choices() -> None:
    with pytest.raises(ValidationError):
        Search(name="x", preset="quick", base={}, choices={})
