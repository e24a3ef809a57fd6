"""`charlm train` on a run that exists: longer, from another place, as the start of another; and what is refused."""

from __future__ import annotations

import json
import shlex

import pytest

SMALL = ("-s", "model.hidden_size=24", "-s", "training.batch_size=8", "-s", "training.seq_len=32", "--device", "cpu")


@pytest.fixture
def text(verse, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(verse.read_bytes())
    return path


@pytest.fixture
def trained(charlm, text):
    """Train a run named `mine` for 20 steps on `text`."""
    result = charlm("train", text, "--run", "mine", "--steps", 20, *SMALL)
    assert result.returncode == 0, result.stderr


def commands_in(said):
    """The lines of a message that are commands."""
    return [shlex.split(line.strip())[1:] for line in said.splitlines() if line.startswith("  charlm ")]


@pytest.mark.parametrize("length", [("--steps", "8"), ("--epochs", "0.1"), ("--budget", "0.01"), ()], ids=str)
def test_a_total_already_reached_is_refused_with_two_lines_that_work(charlm, trained, tmp_path, length):
    config = tmp_path / "runs/mine/config.yaml"
    before = config.read_text()
    result = charlm("train", "--resume", "mine", *length)
    assert result.returncode == 2
    assert ("is a total" if length else "reached its length") in result.stderr
    assert config.read_text() == before
    ways = commands_in(result.stderr)
    assert [way[:3] for way in ways] == [["train", "--resume", "mine"]] * 2
    assert [way[3] for way in ways] == [length[0] if length else "--steps", "--more"]
    for way in ways:
        assert charlm(*way, "--dry-run").returncode == 0
    assert charlm(*ways[1]).returncode == 0


def test_a_run_made_longer_is_validated_and_served(charlm, trained):
    done = json.loads(charlm("train", "--resume", "mine", "--more", "12", "--json").stdout)
    assert (done["step"], done["best_step"]) == (32, 32)
    shown = json.loads(charlm("runs", "show", "--json").stdout)
    assert shown["best"] == "step-32"
    assert "training.steps 20 -> 32" in shown["changed"][0]
    assert "mine, step 32" in charlm("sample", "-n", 5).stderr
    assert "after step 20" in charlm("runs", "show").stdout


def test_epochs_and_name_are_what_people_expect(charlm, text, tmp_path):
    result = charlm("train", text, "--name", "mine", "--epochs", "0.5", "--json", *SMALL)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["run"] == "mine"
    refused = charlm("train", text, "--epochs", 0, *SMALL)
    assert refused.returncode == 2
    assert "training.epochs must be more than 0" in refused.stderr


def test_a_moved_text_is_named_again_to_train_and_to_score(charlm, trained, text, tmp_path):
    moved = text.rename(tmp_path / "moved.txt")
    assert "--resume mine --more 2 --text PATH" in charlm("train", "--resume", "mine", "--more", 2).stderr
    assert charlm("train", "--resume", "mine", "--text", moved, "--more", 2).returncode == 0
    moved = moved.rename(tmp_path / "again.txt")
    gone = charlm("eval", "perplexity", "mine")
    assert gone.returncode == 3
    assert "charlm eval perplexity mine --split valid --text PATH" in gone.stderr
    scored = charlm("eval", "perplexity", "mine", "--split", "test", "--text", moved, "--json")
    assert json.loads(scored.stdout)["protocol"]["split"] == "test"
    other = tmp_path / "other.txt"
    other.write_text(moved.read_text().replace("owl", "ÖWL"), encoding="utf-8")
    refused = charlm("eval", "perplexity", "mine", "--text", other)
    assert refused.returncode == 4
    assert "is not the one that mine was trained on" in refused.stderr
    assert "charlm eval perplexity mine PATH" in refused.stderr
    assert charlm("eval", "perplexity", "mine", other, "--text", moved).returncode == 2


@pytest.mark.parametrize("command", [("eval", "perplexity", "mine"), ("train", "--resume", "mine", "--more", "2")])
def test_a_run_on_standard_input_does_not_wait_for_the_keyboard(charlm, verse, command):
    assert charlm("train", "-", "--run", "mine", "--steps", 2, *SMALL, stdin=verse.read_text()).returncode == 0
    result = charlm(*command, stdin=verse.read_text())
    assert result.returncode == 3
    assert "was trained on standard input" in result.stderr
    assert "--text PATH" in result.stderr
    assert charlm(*command, "--text", verse).returncode == 0
    assert charlm(*command, "--text", "-", stdin=verse.read_text()).returncode == 0


def test_a_new_run_from_the_weights_of_another(charlm, trained, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text((tmp_path / "mine.txt").read_text().replace("owl", "ÖWL"), encoding="utf-8")
    planned = charlm("train", other, "--from", "mine", "--dry-run", "--steps", 4)
    assert "L W Ö" in planned.stdout
    assert "learning_rate" in planned.stdout
    result = charlm("train", other, "--from", "mine", "--run", "second", "--steps", 4)
    assert result.returncode == 0, result.stderr
    assert "starts from mine, step 20" in result.stderr
    assert "mine, step 20, with 3 new symbols" in charlm("runs", "show", "second").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["TEXT", "--from", "tiny", "-s", "model.cell=gru"], 2, "asks for another one"),
        (["--from", "tiny"], 2, "charlm train TEXT --from tiny"),
        (["TEXT", "--from", "tinny"], 4, "Did you mean tiny?"),
        (["--resume", "tiny", "--from", "tiny"], 2, "--from starts a new one"),
        (["TEXT", "--more", "5"], 2, "charlm train --resume --more 5"),
        (["TEXT", "--text", "TEXT"], 2, "Leave --text out"),
        (["--text", "TEXT"], 2, "charlm train TEXT"),
        (["--resume", "tiny", "--more", "5x"], 2, "2epochs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_contradicts_itself_is_one_message_and_writes_nothing(
    charlm, tiny_run, verse, tmp_path, arguments, code, message
):
    (tmp_path / "TEXT").write_bytes(verse.read_bytes())
    before = sorted(tiny_run.rglob("*"))
    result = charlm("train", *arguments, env={"CHARLM_RUNS": str(tiny_run)})
    assert result.returncode == code, result.stderr
    assert message in result.stderr
    assert len(result.stderr.splitlines()) <= 4
    assert sorted(tiny_run.rglob("*")) == before
    assert not (tmp_path / "runs").exists()
