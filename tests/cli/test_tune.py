"""`charlm tune` through the real command line: a search that is killed, joined and interrupted, and what it writes."""

from __future__ import annotations

import json
import random
import signal
import sys
import time

import pytest

from charlm.config.stored import from_yaml

SPACE = """\
settings:
  training.learning_rate: {low: 1e-3, high: 1e-1, log: true}
  model.hidden_size: {low: 8, high: 16}
"""
SMALL = ("training.batch_size=4", "training.seq_len=16", "model.num_layers=1")


@pytest.fixture
def search(verse, tmp_path):
    """The words of a search with some trials, in a folder of its own."""
    (tmp_path / "space.yaml").write_text(SPACE)
    settings = [word for each in SMALL for word in ("-s", each)]

    def words(trials, *more, each="20steps", name="mine"):
        place = ["--space", "space.yaml", "--name", name, "--device", "cpu"]
        return ["tune", verse, *place, *settings, "--trials", trials, "--each", each, *more]

    return words


def tried(done):
    """The trials of `--json`, without what the clock says."""
    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)["trials"]
    return [{key: value for key, value in trial.items() if key != "seconds"} for trial in trials]


def test_the_best_is_a_preset_that_trains(charlm, search, tmp_path, verse):
    done = charlm(*search(11))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["trial", *heading.split()[1:8], "preset", "matters"]
    assert {line.split()[0] for line in lines} >= {"bits", "nats", "parameters", "training.learning_rate"}
    assert done.stderr.count("the best so far") >= 1
    best = tmp_path / "runs/tunes/mine/best.yaml"
    command = next(line for line in done.stderr.splitlines() if line.strip().startswith("charlm train"))
    assert command.split() == ["charlm", "train", str(verse), "-c", str(best)]
    trained = charlm("train", verse, "-c", best, "--run", "final", "--steps", 3, "--json", "--device", "cpu")
    assert trained.returncode == 0, trained.stderr
    events = map(json.loads, (tmp_path / "runs/final/metrics.jsonl").read_text().splitlines())
    assert [each["step"] for each in events if each["event"] == "validated"] == [3], "as a trial: once, at the end"
    again = charlm(*search(11, "--json"))
    assert "trial 0  " not in again.stderr, "nothing is trained twice"
    found = json.loads(again.stdout)
    assert found["best"]["nats"] == min(trial["nats"] for trial in found["trials"])
    assert sum(found["importances"].values()) == pytest.approx(1)
    shown = json.loads(charlm("config", "show", "-c", best, "--json").stdout)["settings"]
    tried = found["best"]["settings"]
    assert (shown["training"]["learning_rate"], shown["model"]["hidden_size"]) == tuple(tried.values())


KINDS = {
    "pairs": (["--pairs"], "".join(f"{number}\t{str(number)[::-1]}\n" for number in range(100, 300))),
    "latent": (["--latent", "line"], "".join(f"{first}{last}\n" for first in "abcdefgh" for last in ("an", "o", "is"))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_another_kind_are_searched_and_their_best_trains(charlm, tmp_path, kind):
    words, text = KINDS[kind]
    (tmp_path / "lines.txt").write_text(text)
    (tmp_path / "space.yaml").write_text(SPACE)
    place = ["--space", "space.yaml", "--device", "cpu", "--trials", 2, "--each", "6steps", "--name", "mine"]
    done = charlm("tune", "lines.txt", *words, *place, "-s", "model.num_layers=1", "-s", "training.batch_size=4")
    assert done.returncode == 0, done.stderr
    assert ("<= " in done.stdout) == ("<= " in done.stderr) == (kind == "latent")
    trained = charlm("train", "lines.txt", "-c", "runs/tunes/mine/best.yaml", "--run", "final", "--device", "cpu")
    assert trained.returncode == 0, trained.stderr
    settings = from_yaml((tmp_path / "runs/final/config.yaml").read_text())
    assert getattr(settings.model, kind).kind == {"pairs": "attending", "latent": "line"}[kind]


def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(charlm, charlm_forked, search):
    whole = tried(charlm(*search(5, "--json", name="whole")))
    process = charlm_forked(*search(5))
    process.until("trial 1  ")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert tried(charlm(*search(5, "--json"))) == whole


@pytest.mark.slow
def test_kills_at_any_moment_change_nothing(charlm, charlm_forked, search):
    """Proves for kills at random moments what is shown above for one, with trials that depend on those before them."""
    whole = tried(charlm(*search(16, "--json", name="whole")))
    chance, kills = random.Random(1), 0
    for _ in range(40):
        process = charlm_forked(*search(16))
        process.until("searched: ")
        time.sleep(chance.uniform(0.0, 0.6))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 10, "the others found nothing left to do"
    assert tried(charlm(*search(16, "--json"))) == whole


@pytest.mark.slow
def test_two_processes_share_a_search(charlm, charlm_forked, search):
    """Proves with real processes what tests/studies/tuning/test_running.py shows with threads."""
    process = charlm_forked(*search(6))
    process.until("searched: ")
    joined = charlm(*search(6))
    assert joined.returncode == 0, joined.stderr
    _, said = process.communicate()
    assert process.returncode == 0
    numbers = [int(line.split()[1]) for line in (said + joined.stderr).splitlines() if line.startswith("trial ")]
    assert sorted(numbers) == list(range(6)), "each trial by one of them"
    assert len(tried(charlm(*search(6, "--json")))) == 6


def test_ctrl_c_keeps_all_and_says_how_to_go_on(charlm, charlm_forked, search, tmp_path):
    process = charlm_forked(*search(3, each="80steps"))
    process.until("trial 0  ")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "of 3 trials finished; everything is saved" in said
    assert "Go on with: charlm tune " in said
    assert (tmp_path / "runs/tunes/mine/best.yaml").is_file()
    done = charlm(*search(3, each="80steps"))
    assert done.returncode == 0, done.stderr
    assert "1 of 3 trials of 80steps are done" in done.stderr


def test_another_search_of_the_same_name_is_refused(charlm, search):
    assert charlm(*search(1)).returncode == 0
    refused = charlm(*search(1, "--seed", 2))
    assert refused.returncode == 2
    assert "The search mine was begun with a different training.seed" in refused.stderr
    assert charlm(*search(1, "-s", "training.threads=1")).returncode == 0, "it changes no result"


def test_the_name_is_made_from_the_text_the_preset_and_the_length(charlm, search, tmp_path):
    words = [str(word) for word in search(1, each="1steps")]
    del words[words.index("--name") : words.index("--name") + 2]
    assert charlm(*words).returncode == 0
    assert [path.name for path in (tmp_path / "runs/tunes").iterdir()] == ["verse-quick-1steps"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--trials", 0), "--trials cannot be 0"),
        (("--each", "1epoch"), "--each cannot be '1epoch'"),
        (("--at-most-time", "5s", "--each", "5s"), "--at-most-time is a time, for trials whose length is none"),
        (("--at-most-parameters", 0), "--at-most-parameters cannot be 0"),
        (("--space", "none.yaml"), "The config file does not exist"),
        (("--name", "a/b"), "cannot be the name of a run"),
        (("-",), "standard input can be read once"),
        (("--at-most-parameters", 5), "were too large"),
        (("encoder", "--pairs"), "Write the kind as a setting: charlm tune "),
    ],
)
def test_what_cannot_be_searched_is_refused(charlm, search, words, message):
    refused = charlm(*search(1, *words))
    assert refused.returncode == 2
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr


def test_trials_that_all_fail_are_an_error_with_their_reason(charlm, search):
    failed = charlm(*search(2, "--at-most-time", "0.000001s"))
    assert failed.returncode == 5
    assert "None of 2 trials can be used: each of them takes too long" in failed.stderr


def test_without_optuna_the_extra_is_named(charlm, search, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    refused = charlm(*search(1))
    assert refused.returncode == 2
    assert "pip install 'charlm-rnn[tune]'" in refused.stderr
