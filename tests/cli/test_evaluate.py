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


def scored(charlm, runs, text, *options):
    done = charlm("eval", "perplexity", "tiny", text, "--json", *options, env=runs)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_characters_scored_as_the_nearest_are_not_said_to_be_left_out(charlm, runs, tmp_path):
    """And bits per byte are those of the text as it was given: é has two bytes, though the model reads an e."""
    given, plain = tmp_path / "given.txt", tmp_path / "plain.txt"
    given.write_text("The éwl wént\n" * 30, encoding="utf-8")
    plain.write_text("The ewl went\n" * 30, encoding="utf-8")
    told, other = scored(charlm, runs, given, "--unknown", "nearest"), scored(charlm, runs, plain)
    assert told["bits_per_character"] == other["bits_per_character"]
    assert told["bytes"] == len(given.read_bytes()) - 1
    assert told["bits_per_byte"] * told["bytes"] == pytest.approx(other["bits_per_byte"] * other["bytes"])
    assert (told["unknown_characters"], told["unknown_replaced"], told["unknown_left_out"]) == (60, 60, 0)
    said = charlm("eval", "perplexity", "tiny", given, "--unknown", "nearest", env=runs).stderr
    assert "60 unknown characters scored as the nearest known ones: 'é' as 'e' x 60" in said
    assert "not scored" not in said


def test_unknown_characters_can_be_charged(charlm, runs, tmp_path):
    text = tmp_path / "strange.txt"
    text.write_text("The owl 🦉 went öut\n" * 10, encoding="utf-8")
    skipped, charged = scored(charlm, runs, text), scored(charlm, runs, text, "--unknown", "charge")
    assert (skipped["unknown_left_out"], charged["unknown_left_out"], charged["unknown_charged"]) == (20, 0, 20)
    assert charged["characters"] == skipped["characters"] + 20 == len(text.read_text(encoding="utf-8")) - 1
    assert charged["bytes"] == skipped["bytes"] + 60 == len(text.read_bytes()) - 1
    bits = [told["bits_per_character"] * told["characters"] for told in (skipped, charged)]
    assert bits[1] - bits[0] == pytest.approx(charged["unknown_bits"], abs=1e-9)
    assert charged["unknown_bits"] > 20 * 20
    said = charlm("eval", "perplexity", "tiny", text, "--unknown", "charge", env=runs).stderr
    assert f"20 unknown characters charged {charged['unknown_bits']:,.1f} bits in all" in said


def test_a_text_of_known_characters_is_charged_nothing(charlm, runs, verse):
    told = [scored(charlm, runs, verse, "--unknown", policy) for policy in ("skip", "charge")]
    for each in told:
        del each["seconds"], each["protocol"]
    assert told[0] == told[1]


def test_a_text_with_too_few_known_characters_says_what_helps(charlm, runs, tmp_path):
    (tmp_path / "other.txt").write_text("Жизнь", encoding="utf-8")
    done = charlm("eval", "perplexity", "tiny", "other.txt", env=runs)
    assert done.returncode == 3
    assert "The text has no characters that the model knows, and at least two are needed" in done.stderr
    assert "trained on" in done.stderr


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


@pytest.fixture
def two(charlm, runs, tiny_run, tmp_path):
    """A run of bytes beside the run `tiny`, and a text whose characters neither knows all."""
    (tmp_path / "wide.txt").write_text("äöü 日本\n" * 30, encoding="utf-8")
    (tmp_path / "mixed.txt").write_text("The öwl 日\n" * 9, encoding="utf-8")
    done = charlm(
        "train", "wide.txt", "--run", "wide", "--steps", 2, "-s", "model.hidden_size=8", "-s", "text.unit=byte"
    )
    assert done.returncode == 0, done.stderr
    return [tiny_run / "tiny", tmp_path / "runs" / "wide"]


def test_a_comparison_of_two_runs_charges_unknown_characters(charlm, two, tmp_path):
    told = json.loads(charlm("eval", "compare", *two, "--text", "mixed.txt", "--json").stdout)
    assert told["unknown"] == "charge"
    for run, each in zip(two, told["runs"], strict=True):
        alone = json.loads(charlm("eval", "perplexity", run, "mixed.txt", "--unknown", "charge", "--json").stdout)
        assert {name: alone[name] for name in each} == each
        assert each["unknown_charged"] == each["unknown_characters"] > 0
        assert each["bytes"] == (tmp_path / "mixed.txt").stat().st_size - 1
    rows = charlm("eval", "compare", *two, "--text", "mixed.txt").stdout.splitlines()
    assert [row.split()[0] for row in rows] == ["run", "tiny", "wide"]
    assert "comparable" in charlm("eval", "compare", *two, "--text", "mixed.txt", "--unknown", "skip").stderr


def test_a_comparison_says_how_sure_a_difference_is(charlm, runs, verse, tmp_path):
    (tmp_path / "long.txt").write_text(verse.read_text() * 4)
    for steps in (2, 30):
        done = charlm("train", verse, "--run", f"of-{steps}", "--steps", steps, "-s", "model.hidden_size=8")
        assert done.returncode == 0, done.stderr
    command = ("eval", "compare", "of-2", "of-30", "of-2", "--text", "long.txt")
    told = json.loads(charlm(*command, "--json").stdout)
    better, same = told["differences"]
    first, second, _ = (each["nats_per_character"] for each in told["runs"])
    assert better["run"] == "of-30"
    assert better["nats_per_character"] == pytest.approx(second - first)
    assert better["interval"]["low_nats"] <= second - first <= better["interval"]["high_nats"] < 0
    assert same["nats_per_character"] == same["interval"]["low_nats"] == same["interval"]["high_nats"] == 0
    assert "+0.0000 (+0.0000 to +0.0000)" in charlm(*command).stdout


def test_models_that_read_other_symbols_have_no_interval(charlm, two):
    told = json.loads(charlm("eval", "compare", *two, "--text", "mixed.txt", "--json").stdout)
    assert told["differences"][0]["interval"] is None
    assert "no interval" in charlm("eval", "compare", *two, "--text", "mixed.txt").stdout


def test_a_comparison_of_one_run_names_the_command_for_it(charlm, two):
    done = charlm("eval", "compare", two[0], "--text", "mixed.txt")
    assert done.returncode == 2
    assert f"charlm eval perplexity {two[0]} mixed.txt" in done.stderr


@pytest.mark.parametrize("policy", ["skip", "nearest", "charge"])
def test_a_model_of_bytes_has_one_score_in_the_library_and_the_command(charlm, two, tmp_path, policy):
    import charlm as library

    text = "The öwl\r\n日\n" * 9
    (tmp_path / "text.txt").write_bytes(text.encode())
    told = json.loads(charlm("eval", "perplexity", two[1], "text.txt", "--unknown", policy, "--json").stdout)
    score = library.score(two[1], text, unknown=policy)
    assert (score.nats_per_character, score.characters) == (told["nats_per_character"], told["characters"])
