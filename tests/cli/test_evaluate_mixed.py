"""`charlm eval perplexity` with a temperature, an ensemble and an n-gram, through the real command line."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest

from charlm.baselines.ngram import new_ngram
from charlm.checkpoint import load_checkpoint
from charlm.evaluation.predicting import ModelPredictor
from charlm.runs import find_checkpoint
from charlm.text.corpus import open_corpus


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture
def scored(charlm, runs):
    def scored(*options):
        done = charlm("eval", "perplexity", "tiny", *options, "--json", env=runs)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return scored


@pytest.fixture
def refused(charlm, runs):
    def refused(code, *options):
        done = charlm("eval", "perplexity", "tiny", *options, env=runs)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert not done.stdout
        return done.stderr

    return refused


@pytest.mark.parametrize(
    "options", [["--temperature", "1"], ["--ensemble", "tiny"], ["--ensemble", "tiny", "--ensemble", "tiny"]]
)
def test_what_changes_nothing_has_the_score_of_the_model(scored, options):
    one, other = scored(), scored(*options)
    assert other["nats_per_character"] == pytest.approx(one["nats_per_character"], abs=1e-6)
    assert (other["characters"], other["bytes"]) == (one["characters"], one["bytes"])


def test_a_mixture_has_the_score_of_its_formula(scored, tiny_run):
    """With weights that are learned by the formula from the same beginning, as the library of arrays computes it."""
    checkpoint = load_checkpoint(find_checkpoint(tiny_run, "tiny"))
    corpus = open_corpus(checkpoint.settings.text, checkpoint.vocabulary)
    counts = new_ngram(4, checkpoint.vocabulary.size)
    counts.count(corpus.split("train"))
    ids = corpus.split("valid")
    new = new_ngram(4, checkpoint.vocabulary.size)
    readers = [ModelPredictor(checkpoint.model), counts.reader(True), new.reader(True)]
    every = np.stack([reader.read(ids) for reader in readers])
    weights, nats, last = np.array([0.65, 0.35, 0.0]), [], 0
    added, seen = np.zeros((checkpoint.vocabulary.size, 3)), np.zeros(checkpoint.vocabulary.size)
    for at, symbol in enumerate(ids.tolist()):
        p = np.exp((weights + added[last]) @ every[:, at])
        p /= p.sum()
        nats.append(-math.log(p[symbol]))
        gradient = every[:, at, symbol] - every[:, at] @ p
        weights = weights + 0.005 / (1 + at / 5000) * gradient
        added[last] += 0.005 / (1 + seen[last] / 5000) * gradient
        seen[last] += 1
        last = symbol
    found = scored("--mix", "ngram-counting", "--order", "4")
    assert found["nats_per_character"] == pytest.approx(np.mean(nats[1:]), abs=1e-9)
    assert found["protocol"]["mix_weights"] == pytest.approx(weights.tolist())
    assert (found["protocol"]["mix"], found["protocol"]["order"]) == ("ngram-counting", 4)
    assert found["nats_per_character"] < scored()["nats_per_character"]


def test_a_temperature_is_fitted_on_the_training_part_and_said(charlm, runs, scored):
    train = {each: scored("--split", "train", "--temperature", each) for each in ("1", "fit")}
    assert train["fit"]["nats_per_character"] < train["1"]["nats_per_character"]
    temperature = scored("--temperature", "fit")["protocol"]["temperature"]
    assert temperature == train["fit"]["protocol"]["temperature"] != 1
    said = charlm("eval", "perplexity", "tiny", "--temperature", "fit", env=runs).stdout
    assert f"{temperature:.4f}, fitted on the end of the training part" in said


def test_what_was_mixed_is_said(charlm, runs, verse):
    options = ("--ensemble", "tiny", "--blend", "log-linear", "--mix", "ngram")
    said = charlm("eval", "perplexity", "tiny", verse, *options, env=runs).stdout
    assert "with tiny; log-linear, weights at the end" in said
    assert "n-gram of order 8; log-linear, weights at the end" in said


def test_an_interval_belongs_to_a_score(charlm, runs, scored, tmp_path, verse):
    long, short = tmp_path / "long.txt", tmp_path / "short.txt"
    long.write_text(verse.read_text() * 4)
    short.write_text(verse.read_text())
    for options in ([], ["--temperature", "1.0"]):
        found = scored(long, *options)
        assert found["interval"]["low_nats"] < found["nats_per_character"] < found["interval"]["high_nats"]
        assert found["interval"]["blocks"] == -(-found["characters"] // 1000)
        assert scored(short, *options)["interval"] is None
    said = charlm("eval", "perplexity", "tiny", long, env=runs).stdout
    assert f"{found['interval']['low_nats'] / math.log(2):.4f} to" in said
    assert "none: the text is too short" in charlm("eval", "perplexity", "tiny", short, env=runs).stdout


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "warm", ""])
def test_a_temperature_that_is_none_is_refused(refused, given):
    assert "`fit` or a number above 0" in refused(2, "--temperature", given)


def test_options_that_belong_to_others_are_refused(refused):
    assert "--ensemble RUN" in refused(2, "--blend", "log-linear")
    assert "on the CPU" in refused(2, "--mix", "ngram", "--device", "cuda")
    for order in ("1", "9"):
        assert "--order" in refused(2, "--mix", "ngram", "--order", order)
    assert "no run" in refused(4, "--ensemble", "nobody").lower()


def test_models_of_other_symbols_are_not_mixed(charlm, runs, tiny_run, tmp_path):
    (tmp_path / "other.txt").write_text("Quite another text, with a Z.\n" * 40)
    for name, *options in (("other",), ("bytes", "-s", "text.unit=byte")):
        done = charlm("train", "other.txt", "--run", name, "--steps", 1, "-s", "model.hidden_size=8", *options)
        assert done.returncode == 0, done.stderr
        done = charlm("eval", "perplexity", tiny_run / "tiny", "--ensemble", name, "--json")
        assert done.returncode == 4
        assert "must have the same symbols" in done.stderr
        assert f"charlm eval compare tiny {name} --text" in done.stderr
    assert "tiny reads characters, bytes bytes" in done.stderr


def test_a_training_text_that_has_moved_can_be_named(charlm, verse, tmp_path):
    """For the n-gram; and the advice of the message works as it stands."""
    text = tmp_path / "here.txt"
    text.write_bytes(verse.read_bytes())
    assert charlm("train", text, "--run", "moved", "--steps", 2, "-s", "model.hidden_size=8").returncode == 0
    shutil.move(text, tmp_path / "there.txt")
    done = charlm("eval", "perplexity", "moved", verse, "--mix", "ngram")
    assert done.returncode == 3
    advice = next(line for line in done.stderr.splitlines() if "--text PATH" in line)
    command = advice[advice.index("charlm eval") :].replace("PATH", str(tmp_path / "there.txt")).split()
    assert command[:3] == ["charlm", "eval", "perplexity"]
    again = charlm(*command[1:])
    assert again.returncode == 0, again.stderr
    assert "mixed with" in again.stdout
    text.write_text("Another text stands there now.\n" * 20)
    done = charlm("eval", "perplexity", "moved", verse, "--mix", "ngram")
    assert done.returncode == 4
    alone = next(line for line in done.stderr.splitlines() if "with the model alone" in line)
    assert charlm(*alone[alone.index("charlm eval") :].split()[1:]).returncode == 0


def test_records_are_read_each_from_a_fresh_state(charlm, tmp_path):
    (tmp_path / "names.txt").write_text("".join(f"name{n * n % 97}\n\n" for n in range(300)))
    done = charlm("train", "names.txt", "--records", "--run", "names", "--steps", 5, "-s", "model.hidden_size=16")
    assert done.returncode == 0, done.stderr
    found = [
        json.loads(charlm("eval", "perplexity", "names", "names.txt", *options, "--json").stdout)
        for options in ([], ["--temperature", "1"], ["--mix", "ngram"])
    ]
    assert found[0]["nats_per_character"] == pytest.approx(found[1]["nats_per_character"], abs=1e-6)
    assert len({(each["characters"], each["bytes"]) for each in found}) == 1
    assert found[2]["nats_per_character"] < found[0]["nats_per_character"]


def test_unknown_characters_are_charged_in_a_mixture_too(scored, tmp_path):
    text = tmp_path / "strange.txt"
    text.write_text("The owl 🦉 went öut\n" * 10, encoding="utf-8")
    for policy in ("skip", "charge", "nearest"):
        plain, mixed = (scored(text, "--unknown", policy, *more) for more in ([], ["--temperature", "1"]))
        for each in plain, mixed:
            del each["seconds"], each["protocol"]
        assert mixed == pytest.approx(plain, abs=1e-5)
