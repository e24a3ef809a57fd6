"""Records through the command line: their split is part of the run."""

from __future__ import annotations

import json

import pytest

SMALL = (
    "--device", "cpu", "-s", "model.hidden_size=12", "-s", "model.num_layers=1", "-s", "training.batch_size=8",
    "-s", "training.validations=1", "-s", "training.sample_length=0",
)  # fmt: skip


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("".join(f"{a}{b}{c}\n" for a in "abcdefgh" for b in "aeiou" for c in "lmnr"))
    return path


def test_the_shuffled_split_is_the_same_on_resume_and_in_eval(charlm, names):
    records = ("-s", "text.records=true", "--seed", 3, *SMALL)
    begun = charlm("train", names, "--run", "names", "--steps", 4, "--json", *records)
    assert begun.returncode == 0, begun.stderr
    assert "160 records, split at random (seed 3;" in begun.stderr
    score = json.loads(charlm("eval", "perplexity", "names", "--split", "valid", "--json").stdout)
    assert score["nats_per_character"] == pytest.approx(json.loads(begun.stdout)["valid_nats_per_character"], abs=1e-5)

    whole = charlm("train", names, "--run", "whole", "--steps", 8, "--json", *records)
    resumed = charlm("train", "--resume", "names", "--steps", 8, "--json")
    assert resumed.returncode == 0, resumed.stderr
    wanted, got = (json.loads(one.stdout) for one in (whole, resumed))
    assert got["characters"] == wanted["characters"]
    assert "seed 3" in resumed.stderr


def test_a_validation_text_of_its_own_is_validated_on(charlm, verse, tmp_path):
    (tmp_path / "mine.txt").write_text("The owl came home at noon,\nthe rice was sold.\n" * 3)
    trained = charlm("train", verse, "--run", "own", "--steps", 3, "--valid", "mine.txt", "--json", *SMALL)
    assert trained.returncode == 0, trained.stderr
    score = json.loads(charlm("eval", "perplexity", "own", "--split", "valid", "--json").stdout)
    assert score["characters"] == 3 * 46 - 1
    assert score["nats_per_character"] == pytest.approx(
        json.loads(trained.stdout)["valid_nats_per_character"], abs=1e-5
    )
    resumed = charlm("train", "--resume", "own", "--steps", 5)
    assert resumed.returncode == 0, resumed.stderr


def test_a_validation_text_in_another_script_leaves_no_run(charlm, verse, tmp_path):
    (tmp_path / "other.txt").write_text("сова улетела\n" * 30, encoding="utf-8")
    refused = charlm("train", verse, "--run", "own", "--valid", "other.txt", *SMALL)
    assert refused.returncode == 3
    assert "another script" in refused.stderr
    assert not (tmp_path / "runs" / "own").exists()
