"""`charlm sample --max-copy` and `--report` through the command line, on a run that has learnt its text by heart."""

from __future__ import annotations

import re

import pytest
from command_line import in_this_process
from sampled import in_json, run

import charlm
from charlm.errors import TextError

pytest.importorskip("pydivsufsort", reason="the extra constrain")

VERSE = "The owl went out to look for mice,\nThe mice went out to look for rice;\nThe rice had all been sold at noon,\n"
TRAINING = VERSE * 20


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs on a text of lines: as running text, and as records."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "verse.txt").write_text(TRAINING, encoding="utf-8")
    (folder / "names.txt").write_text("".join(f"{one}{two}\n" for one in "ABCD" for two in ("na", "nna", "lla", "ra")))
    usual = ("--steps", 150, "-s", "model.hidden_size=48", "-s", "training.batch_size=8", "--device", "cpu")
    for name, options in (("verse", ()), ("names", ("--records",))):
        done = in_this_process(
            "train", f"{name}.txt", "--run", name, *usual, *options, cwd=folder, env={"CHARLM_RUNS": folder / "runs"}
        )
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def sample(runs, monkeypatch):
    monkeypatch.chdir(runs)
    return lambda *given, **named: run(*given, "--seed", 1, CHARLM_RUNS=str(runs / "runs"), **named)


@pytest.fixture
def told(runs, monkeypatch):
    monkeypatch.chdir(runs)
    return lambda *given: in_json(*given, "--seed", 1, CHARLM_RUNS=str(runs / "runs"))


def longest(text, training=TRAINING):
    """The longest run of a text that stands in the training text, by plain search."""
    return max(n for n in range(len(text) + 1) for at in range(len(text) - n + 1) if text[at : at + n] in training)


def trained_on(text):
    """The part of the text that was trained on: its first ninety hundredths, as the settings have it."""
    return text[: round(len(text) * 0.9)]


@pytest.mark.parametrize("most", [3, 6, 15])
def test_no_run_is_longer_and_the_longest_is_told(told, most):
    free = told("verse", "-n", 150, "--count", 6, "--report", "--temperature", 0.3)["samples"]
    assert max(one["longest_run"] for one in free) > 15
    for one in told("verse", "-n", 150, "--count", 6, "--max-copy", most, "--temperature", 0.3)["samples"]:
        assert longest(one["text"], trained_on(TRAINING)) == one["longest_run"] <= most


def test_the_prompt_counts(told):
    prompt = VERSE[:30]
    for one in told("verse", "-n", 40, "--prompt", prompt, "--max-copy", 20, "--temperature", 0)["samples"]:
        whole = prompt + one["text"]
        assert not any(whole[at : at + 21] in TRAINING for at in range(len(prompt) - 20, len(whole) - 20))


def test_the_library_takes_the_same_name(sample, runs):
    text = sample("verse", "-n", 90, "--max-copy", 7).stdout
    assert charlm.sample(str(runs / "runs" / "verse"), length=90, seed=1, max_copy=7) + "\n" == text


def test_what_was_found_is_said(sample):
    assert re.search(r"longest run from the training text: \d+ characters\n$", sample("verse", "--max-copy", 9).stderr)
    many = sample("verse", "--max-copy", 9, "--count", 4).stderr
    assert re.search(r"longest run from the training text: \d\.\d on average, \d at most characters\n$", many)
    assert "longest run" not in sample("verse", "-n", 9).stderr


def test_the_report_counts_what_is_new(told, sample):
    given = told("verse", "-n", 120, "--count", 5, "--report")
    texts = [one["text"] for one in given["samples"]]
    for length in (10, 20, 50):
        grams = [text[at : at + length] for text in texts for at in range(len(text) - length + 1)]
        new = sum(gram not in trained_on(TRAINING) for gram in grams)
        assert given["report"]["sequences"][str(length)] == {"count": len(grams), "new": new / len(grams)}
    assert given["report"]["longest_run"] == max(one["longest_run"] for one in given["samples"])
    said = sample("verse", "-n", 30, "--count", 5, "--report").stderr
    assert "sequences of 10 characters" in said
    assert "none is so long" in said


def test_a_report_on_records_counts_new_ones(told, runs):
    given = told("names", "--count", 40, "--report")
    names = (runs / "names.txt").read_text().split()
    new = sum(one["text"] not in names for one in given["samples"])
    assert given["report"]["records"] == {"count": 40, "new": new / 40}
    copied = told("names", "--count", 40, "--max-copy", 2)["samples"]
    assert all(one["longest_run"] <= 2 for one in copied)
    assert {one["stopped"] for one in copied} <= {"record", "guard"}


def test_a_stop_text_is_not_counted(told):
    [one] = told("verse", "-n", 2000, "--report", "--stop", "owl", "--temperature", 0.3)["samples"]
    assert one["stopped"] == "stop"
    assert one["longest_run"] == longest(one["text"], trained_on(TRAINING))


@pytest.mark.parametrize("options", [("--max-copy", 9), ("--report",), ("--max-copy", 9, "--report")])
def test_a_text_that_has_moved_is_named_by_following_the_advice(sample, runs, options):
    usual = sample("verse", *options).stdout
    (runs / "verse.txt").rename(runs / "away.txt")
    try:
        done = sample("verse", *options, code=3)
        assert done.stdout == ""
        advice = f"charlm sample verse {' '.join(map(str, options))} --text PATH"
        assert f"If the text of verse has moved, name it: {advice}" in done.stderr
        advised = advice.replace("PATH", "away.txt").split()[2:]
        assert sample(*advised).stdout == usual
        assert "is not the one that verse was trained on" in sample(*advised[:-1], "names.txt", code=4).stderr
        library = {"length": 90, "seed": 1, "max_copy": 7}
        with pytest.raises(TextError, match="no such file") as gone:
            charlm.sample(str(runs / "runs" / "verse"), **library)
        assert "text=PATH" in gone.value.remedy
        moved = charlm.sample(str(runs / "runs" / "verse"), **library, text="away.txt")
    finally:
        (runs / "away.txt").rename(runs / "verse.txt")
    assert moved == charlm.sample(str(runs / "runs" / "verse"), **library)


def test_a_place_of_the_text_that_nothing_reads_is_refused(sample):
    for options in ((), ("-i",)):
        done = sample("verse", *options, "--text", "The owl ", code=2)
        assert "nothing here reads it" in done.stderr
        assert "For the beginning of a sample: --prompt" in done.stderr
    assert "no validation text of its own" in sample("verse", "--report", "--valid", "verse.txt", code=2).stderr


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--max-copy", 0), "--max-copy cannot be 0"),
        (("-i", "--max-copy", 9), "--interactive and --max-copy cannot go together"),
        (("--choose", "--report"), "--choose and --report cannot go together"),
    ],
)
def test_what_cannot_be_is_refused(sample, options, what):
    assert what in sample("verse", *options, code=2).stderr


def test_without_pydivsufsort_the_error_says_what_to_install(sample, monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "pydivsufsort", None)
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path))
    done = sample("verse", "--max-copy", 9, code=2)
    assert "pip install 'charlm-rnn[constrain]'" in done.stderr
