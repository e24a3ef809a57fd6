"""`charlm eval perplexity` through the real command line."""

from __future__ import annotations

import json
import math
import shutil

import pytest


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


def test_the_scores_of_training_and_of_the_command_agree(charlm, runs, tiny_run):
    rows = [json.loads(line) for line in (tiny_run / "tiny/metrics.jsonl").read_text().splitlines()]
    best = [row for row in rows if row["event"] == "validated" and row["best"]][-1]
    output = json.loads(charlm("eval", "perplexity", "tiny", "--split", "valid", "--json", env=runs).stdout)
    assert output["step"] == best["step"]
    assert output["nats_per_character"] == pytest.approx(best["nats"], abs=1e-6)
    assert output["characters"] == best["characters"]


def test_the_values_of_the_json_object_are_consistent(charlm, runs, verse):
    output = json.loads(charlm("eval", "perplexity", "tiny", verse, "--json", env=runs).stdout)
    assert output["bits_per_character"] == pytest.approx(output["nats_per_character"] / math.log(2))
    assert output["perplexity"] == pytest.approx(math.exp(output["nats_per_character"]))
    assert output["bits_per_byte"] == pytest.approx(output["bits_per_character"])  # verse is ASCII
    assert output["characters"] == len(verse.read_text()) - 1
    assert output["unknown_characters"] == 0
    assert output["seconds"] > 0
    assert set(output["protocol"]) >= {"split", "state", "streams", "unit"}


def test_numpy_and_torch_give_the_same_score(charlm, runs, verse):
    import torch

    from charlm.checkpoint import load_checkpoint
    from charlm.evaluation.scorers import TorchScorer
    from charlm.evaluation.text import score_ids
    from charlm.model.language_model import LanguageModel
    from charlm.runs import find_checkpoint
    from charlm.text.corpus import open_corpus

    output = json.loads(charlm("eval", "perplexity", "tiny", verse, "--json", env=runs).stdout)
    from pathlib import Path

    checkpoint = load_checkpoint(find_checkpoint(Path(runs["CHARLM_RUNS"]), "tiny"))
    corpus = open_corpus(checkpoint.settings.text, checkpoint.vocabulary)
    tensors = {name: torch.tensor(value) for name, value in checkpoint.parameters.items()}
    scorer = TorchScorer(LanguageModel(checkpoint.settings.model, tensors))
    score = score_ids(scorer, corpus.ids, None)
    assert output["nats_per_character"] == pytest.approx(score.nats_per_character, abs=1e-6)


def test_unknown_characters_are_counted_and_never_raise(charlm, runs, tmp_path):
    """char-rnn #59: scoring a given text, which may have characters that the model has never seen."""
    text = tmp_path / "strange.txt"
    text.write_text("The owl 🦉 went öut\n" * 10, encoding="utf-8")
    result = charlm("eval", "perplexity", "tiny", text, "--json", env=runs)
    output = json.loads(result.stdout)
    assert output["unknown_characters"] == 20
    assert output["characters"] == len("The owl  went ut\n" * 10) - 1
    assert "20" in charlm("eval", "perplexity", "tiny", text, env=runs).stderr
    refused = charlm("eval", "perplexity", "tiny", text, "--unknown", "error", env=runs)
    assert refused.returncode == 3
    assert "U+1F989" in refused.stderr


def test_bits_per_byte_counts_utf8(charlm, tmp_path):
    text = tmp_path / "wide.txt"
    text.write_text("äöü日本\n" * 100, encoding="utf-8")
    assert charlm("train", text, "--steps", 3, "-s", "model.hidden_size=8").returncode == 0
    output = json.loads(charlm("eval", "perplexity", "--split", "train", "--json").stdout)
    assert output["bits_per_byte"] < 0.6 * output["bits_per_character"]


def test_a_checkpoint_without_its_run_is_enough(charlm, tiny_run, verse, tmp_path):
    """The vocabulary is part of the checkpoint (in nanoGPT it is not): the text and the run may be gone."""
    shutil.copytree(tiny_run / "tiny" / (tiny_run / "tiny/best").read_text().strip(), tmp_path / "elsewhere")
    assert charlm("eval", "perplexity", tmp_path / "elsewhere", verse).returncode == 0
    assert charlm("sample", tmp_path / "elsewhere", "-n", 20).returncode == 0


def test_a_missing_text_is_an_error(charlm, verse, tmp_path):
    text = tmp_path / "gone.txt"
    text.write_bytes(verse.read_bytes())
    assert charlm("train", text, "--steps", 2, "-s", "model.hidden_size=8").returncode == 0
    text.unlink()
    result = charlm("eval", "perplexity")
    assert result.returncode == 3
    assert "no such file" in result.stderr


@pytest.mark.parametrize("file", ["model.safetensors", "checkpoint.json"])
def test_a_checkpoint_with_a_missing_file_is_refused(charlm, tiny_run, verse, tmp_path, file):
    shutil.copytree(tiny_run / "tiny" / (tiny_run / "tiny/best").read_text().strip(), tmp_path / "step-1")
    (tmp_path / "step-1" / file).unlink()
    result = charlm("eval", "perplexity", tmp_path / "step-1", verse)
    assert result.returncode == 4, result.stderr
    assert "Traceback" not in result.stderr


def test_text_and_split_exclude_each_other(charlm, runs, verse):
    assert charlm("eval", "perplexity", "tiny", verse, "--split", "valid", env=runs).returncode == 2
