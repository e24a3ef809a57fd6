"""`charlm sample` from models of records: whole records, labels, and what stands in the training text."""

from __future__ import annotations

import json
import sys

import pytest

from charlm.checkpoint import training_records

SMALL = (
    "--device", "cpu", "-s", "model.hidden_size=16", "-s", "model.num_layers=1", "-s", "training.batch_size=8",
    "-s", "training.learning_rate=0.03", "-s", "training.validations=1", "-s", "training.sample_length=0",
)  # fmt: skip
JOKES = ["Why?\n\nSo.", "How?\n\nNo."]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with runs on a list, on records of several lines, and on a table with labels."""
    from command_line import in_this_process

    root = tmp_path_factory.mktemp("records")
    (root / "list.txt").write_text("".join(f"{a}{b}\n" for a in "abcd" for b in "xy") * 9)
    (root / "jokes.txt").write_text("\n%\n".join(JOKES * 20))
    rows = [f'{kind},"{kind} {word}"' for kind in ("good", "bad") for word in ("owl", "mouse")] * 9
    (root / "table.csv").write_text("\n".join(["kind,text", *rows]) + "\n")
    forms = {
        "list": ("--records",),
        "jokes": ("-s", "text.separator=%"),
        "table": ("-s", "text.column=text", "-s", "text.label=kind"),
    }
    for name, form in forms.items():
        text = next(root.glob(f"{name}.*"))
        result = in_this_process(
            "train", text, "--run", name, "--steps", 40, *form, *SMALL,
            env={"CHARLM_RUNS": root / "runs", "CHARLM_CACHE": root / "cache"}, cwd=root,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def sample(charlm, runs):
    def run(*arguments, code=0):
        result = charlm("sample", *arguments, "--seed", 1, env={"CHARLM_RUNS": str(runs / "runs")}, cwd=runs)
        assert result.returncode == code, result.stderr
        return result

    return run


@pytest.fixture
def watched(monkeypatch):
    """A person sees what is said on stderr."""
    monkeypatch.setattr("charlm.cli.sample_output.is_terminal", lambda stream: stream is sys.stderr)


def test_records_of_lines_are_whole_and_not_empty(sample, watched):
    result = sample("list", "--count", 30)
    lines = result.stdout.removesuffix("\n").split("\n")
    assert len(lines) == 30
    assert all(lines)
    assert "stand in the training text" in result.stderr


def test_unique_and_novel_records(sample, runs):
    trained = set((runs / "list.txt").read_text().split())
    result = sample("list", "--count", 6, "--unique", "--temperature", 1.5)
    assert len(set(result.stdout.split("\n"))) == 7
    new = sample("list", "--count", 6, "--novel", "--temperature", 2).stdout.splitlines()
    assert len(new) == 6
    assert not set(new) & trained
    many = sample("list", "--count", 50, "--unique", "--temperature", 0.5)
    assert "only" in many.stderr
    assert "drawn before" in many.stderr


def test_the_training_text_is_opened_only_if_somebody_asks_what_stands_in_it(sample, monkeypatch):
    opened = []
    real = training_records.open_training_records
    monkeypatch.setattr(training_records, "open_training_records", lambda *one: (opened.append(1), real(*one))[1])
    assert "stand" not in sample("list", "--count", 3).stderr
    sample("list", "--count", 3, "--unique")
    assert not opened
    for asked in ("--novel", "--json"):
        sample("list", "--count", 3, asked)
    assert len(opened) == 2
    monkeypatch.setattr("charlm.cli.sample_output.is_terminal", lambda stream: stream is sys.stderr)
    assert "in the training text" in sample("list", "--count", 30).stderr
    assert len(opened) == 3


def test_novel_needs_the_text_and_the_mark_does_not(sample, runs, watched):
    (runs / "list.txt").rename(runs / "away.txt")
    try:
        assert "charlm sample list --novel --text PATH" in sample("list", "--novel", code=3).stderr
        unmarked = sample("list", "--count", 3).stderr
        assert "are not marked" in unmarked
        assert "charlm sample list --text PATH" in unmarked
        assert "are not marked" not in sample("list", "--count", 3, "--text", "away.txt").stderr
        new = sample("list", "--novel", "--count", 3, "--text", "away.txt", "--temperature", 2).stdout
        assert not set(new.split()) & set((runs / "away.txt").read_text().split())
    finally:
        (runs / "away.txt").rename(runs / "list.txt")


def test_records_of_several_lines_are_told_apart(sample):
    result = sample("jokes", "--count", 3, "--json")
    texts = [one["text"] for one in json.loads(result.stdout)["samples"]]
    assert all("\x1e" not in text and text.strip() for text in texts)
    assert sample("jokes", "--count", 3).stdout == "\n%\n".join(texts) + "\n"
    assert [one["in_training_text"] for one in json.loads(result.stdout)["samples"]] == [
        text in JOKES for text in texts
    ]


def test_a_label_asks_for_its_records(sample):
    result = sample("table", "--label", "good", "--count", 2)
    assert all(line.startswith("good\t") for line in result.stdout.splitlines())
    unknown = sample("table", "--label", "goood", code=2).stderr
    assert "there are good, bad" in unknown or "there are bad, good" in unknown
    assert "Did you mean good" in unknown
    assert "has no labels" in sample("list", "--label", "good", code=2).stderr


def test_options_of_records_need_a_model_of_records(charlm, tiny_run):
    result = charlm("sample", "tiny", "--unique", env={"CHARLM_RUNS": str(tiny_run)})
    assert result.returncode == 2
    assert "--unique is for models of records" in result.stderr


def test_eval_reads_a_text_in_the_same_form(charlm, runs):
    environment = {"CHARLM_RUNS": str(runs / "runs")}
    given = charlm("eval", "perplexity", "jokes", "jokes.txt", "--json", env=environment, cwd=runs)
    assert given.returncode == 0, given.stderr
    assert json.loads(given.stdout)["characters"] == sum(len(joke) + 1 for joke in JOKES * 20)
    wrong = charlm("eval", "perplexity", "table", "list.txt", env=environment, cwd=runs)
    assert wrong.returncode == 3
    assert "no column 'text'" in wrong.stderr
