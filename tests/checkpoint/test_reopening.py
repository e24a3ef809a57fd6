"""Every text of a run that has moved can be named again, to train on and to score; and the lines that say how work."""

from __future__ import annotations

import json
import re
import shlex
import shutil

import pytest

from charlm.checkpoint import load_checkpoint
from charlm.runs import Run

TINY = (
    "--steps", 4, "--device", "cpu", "-s", "model.hidden_size=8", "-s", "model.num_layers=1",
    "-s", "training.batch_size=4", "-s", "training.seq_len=16", "-s", "training.validations=1",
    "-s", "training.sample_length=0",
)  # fmt: skip
FILES = {"sources": "book.txt", "valid": "valid.txt", "test": "test.txt"}
PLACES = {"sources": "--text PATH", "valid": "--valid FILE", "test": "--test FILE"}
RESUME = ("train", "--resume", "mine", "--more", 2)
EVAL = ("eval", "perplexity", "mine")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, verse):
    """A folder with a run `mine` that has three texts of its own, and the texts."""
    from command_line import in_this_process

    folder = tmp_path_factory.mktemp("three-texts")
    for number, name in enumerate(FILES.values(), 1):
        (folder / name).write_text(verse.read_text() * number)
    done = in_this_process(
        "train", "book.txt", "--valid", "valid.txt", "--test", "test.txt", "--run", "mine", *TINY,
        cwd=folder, env={"CHARLM_RUNS": str(folder / "runs")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """A copy of it that a test may change."""
    return shutil.copytree(trained, tmp_path, dirs_exist_ok=True)


def advised(said):
    """The line that a message advises, as arguments, up to its end."""
    return shlex.split(said.split(": charlm ")[-1].splitlines()[0])


def filled(line, places):
    """The line with the paths in place of the words that stand for them."""
    rest, words = iter(line), []
    for word in rest:
        words.append(word)
        if word in places and next(rest) in ("PATH", "FILE"):
            words.append(places[word])
    return words


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
@pytest.mark.parametrize("gone", [["valid"], ["test"], ["valid", "test"], ["sources", "valid"]], ids="-".join)
def test_the_line_of_a_moved_text_works_when_pasted(charlm, folder, command, gone):
    for name in gone:
        (folder / FILES[name]).rename(folder / f"moved {name}.txt")
    said = charlm(*command)
    assert said.returncode == 3
    line = advised(said.stderr)
    assert shlex.join(line).endswith(" ".join(PLACES[name] for name in gone))
    places = {PLACES[name].split()[0]: f"moved {name}.txt" for name in gone}
    done = charlm(*filled(line, places))
    assert done.returncode == 0, done.stderr
    if command is RESUME:  # the new places are kept
        assert charlm(*RESUME).returncode == 0
        newest = load_checkpoint(Run(folder / "runs/mine").checkpoints[-1])
        assert newest.step == 8
        assert all(getattr(newest.settings.text, name) == (f"moved {name}.txt",) for name in gone)


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
def test_what_is_named_already_stays_in_the_line(charlm, folder, command):
    for name in ("sources", "test"):
        (folder / FILES[name]).rename(folder / f"new {name}.txt")
    line = advised(charlm(*command, "--text", "new sources.txt").stderr)
    assert shlex.join(line).endswith("--text 'new sources.txt' --test FILE")
    assert charlm(*filled(line, {"--test": "new test.txt"})).returncode == 0


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
@pytest.mark.parametrize("option", ["--valid", "--test"])
def test_another_text_is_refused_for_a_split(charlm, folder, command, option):
    before = load_checkpoint(Run(folder / "runs/mine").checkpoints[-1]).step
    (folder / "other.txt").write_text((folder / "valid.txt").read_text().replace("owl", "cat"))
    said = charlm(*command, option, "other.txt")
    assert said.returncode == 4
    assert "other.txt" in said.stderr
    assert "the one that mine was trained on" in said.stderr
    assert "--text PATH --valid FILE --test FILE" in said.stderr
    assert load_checkpoint(Run(folder / "runs/mine").checkpoints[-1]).step == before


@pytest.mark.parametrize("option", ["--text", "--valid"])
def test_a_long_path_is_named_by_its_end(charlm, folder, option):
    other = folder / ("far" * 40) / "other.txt"
    other.parent.mkdir()
    other.write_text((folder / "valid.txt").read_text().replace("owl", "cat"))
    assert re.search(r"\.\.\.\S*far/other\.txt", charlm(*EVAL, option, other).stderr)


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
@pytest.mark.parametrize("option", ["--valid", "--test"])
def test_a_file_that_is_not_there_is_named(charlm, folder, command, option):
    said = charlm(*command, option, "valid.tx")
    assert said.returncode == 3
    assert "Did you mean valid.txt?" in said.stderr


def test_a_split_of_the_same_bytes_is_scored_where_it_is_now(charlm, folder):
    before = json.loads(charlm(*EVAL, "--json").stdout)
    (folder / "valid.txt").rename(folder / "elsewhere.txt")
    after = json.loads(charlm(*EVAL, "--valid", "elsewhere.txt", "--json").stdout)
    assert after["nats_per_character"] == before["nats_per_character"]


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
def test_a_split_that_was_standard_input_is_named(charlm, folder, command):
    text = (folder / "valid.txt").read_text()
    begun = charlm("train", "book.txt", "--valid", "-", "--run", "piped", *TINY, stdin=text)
    assert begun.returncode == 0, begun.stderr
    command = ["piped" if word == "mine" else word for word in command]
    said = charlm(*command, stdin=text)
    assert said.returncode == 3
    assert "piped read its validation text from standard input" in said.stderr
    assert charlm(*filled(advised(said.stderr), {"--valid": "valid.txt"})).returncode == 0
    assert charlm(*command, "--valid", "-", stdin=text).returncode == 0


@pytest.mark.parametrize("command", [RESUME, EVAL], ids=["resume", "eval"])
def test_a_run_without_a_text_of_its_own_for_a_split_says_so(charlm, folder, command):
    assert charlm("train", "book.txt", "--run", "plain", *TINY).returncode == 0
    command = ["plain" if word == "mine" else word for word in command]
    said = charlm(*command, "--test", "test.txt")
    assert said.returncode == 2
    assert "plain has no test text of its own: its test split is a part of its text" in said.stderr
    assert "Leave --test out" in said.stderr


@pytest.mark.parametrize("option", ["text.valid", "text.test"])
def test_another_text_for_a_split_is_no_setting_of_a_resumed_run(charlm, folder, option):
    said = charlm(*RESUME, "-s", f"{option}=[book.txt]")
    assert said.returncode == 2
    assert f"charlm train --resume mine {PLACES[option.partition('.')[2]]}" in said.stderr


def test_a_finished_run_whose_text_has_moved_leads_to_a_line_that_works(charlm, folder):
    (folder / "valid.txt").rename(folder / "moved.txt")
    said = charlm("train", "--resume", "mine", "--valid", "moved.txt")
    assert said.returncode == 2
    lines = [shlex.split(line)[1:] for line in said.stderr.splitlines() if line.startswith("  charlm ")]
    assert len(lines) == 2
    for line in lines:
        assert charlm(*line).returncode == 0


@pytest.mark.parametrize("command", ["gates", "gradients"])
def test_inspect_names_the_file_to_read_instead(charlm, folder, command):
    (folder / "valid.txt").rename(folder / "moved.txt")
    line = advised(charlm("inspect", command, "mine").stderr)
    assert line == ["inspect", command, "mine", "--text", "FILE"]


def test_a_text_that_has_changed_where_it_stands_may_be_named_elsewhere(charlm, verse, tmp_path):
    shutil.copy(verse, tmp_path / "kept.txt")
    shutil.copy(verse, tmp_path / "book.txt")
    assert charlm("train", "book.txt", "--run", "mine", *TINY).returncode == 0
    (tmp_path / "book.txt").write_text(verse.read_text()[::-1])
    refused = charlm(*EVAL, "--split", "valid")
    assert refused.returncode == 4, refused.stderr
    assert "is no longer" in refused.stderr
    assert "If it has moved, name it: charlm eval perplexity mine --split valid --text PATH" in refused.stderr
    assert charlm(*EVAL, "--split", "valid", "--text", "kept.txt").returncode == 0
    another = charlm(*EVAL, "--split", "valid", "--text", "book.txt")
    assert another.returncode == 4
    assert "is not" in another.stderr
