"""`charlm inspect` through the real command line."""

from __future__ import annotations

import json
import os

import pytest

from charlm.inspection.gates import LOW


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


def json_of(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refused(result, code):
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3, lines
    return lines


def is_picture(path):
    return path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_gradients_as_json_have_every_distance(charlm, runs, tmp_path):
    asked = ("tiny", "tiny", "--distance", 20, "--positions", 6, "--fresh", "--json", "--plot", "g.png")
    output = json_of(charlm("inspect", "gradients", *asked, env=runs))
    assert [run["run"] for run in output["runs"]] == ["tiny", "tiny"]
    assert output["runs"][0] == output["runs"][1]
    assert output["runs"][0]["model"] == "lstm 2 x 32"
    for curve in (output["runs"][0]["trained"], output["runs"][0]["fresh"]):
        assert curve["positions"] == 6
        assert len(curve["median"]) == 21
        triples = zip(curve["lower_quartile"], curve["median"], curve["upper_quartile"], strict=True)
        assert all(0 < low <= median <= high for low, median, high in triples)
        assert 0 < curve["factor_per_character"] < 1
    assert output["runs"][0]["trained"] != output["runs"][0]["fresh"]
    assert is_picture(tmp_path / "g.png")


def test_a_table_on_stdout_and_a_picture_in_the_run(charlm, runs, tiny_run):
    result = charlm("inspect", "gradients", "--distance", 7, "--positions", 3, env=runs)
    assert result.returncode == 0, result.stderr
    heading, row = result.stdout.splitlines()
    assert heading.split()[:6] == ["distance", "0", "1", "2", "5", "7"]
    assert row.split()[0] == "tiny"
    assert "verse, valid split" in result.stderr
    assert is_picture(tiny_run / "tiny" / "gradients.png")


def test_fresh_is_the_network_before_training(charlm, verse):
    """A tiny learning rate leaves the network as it was."""
    arguments = ("--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "-s", "training.learning_rate=1e-30")
    assert charlm("train", verse, *arguments, "--seed", 7, "--device", "cpu").returncode == 0
    run = json_of(charlm("inspect", "gates", "r", "--fresh", "--json"))["runs"][0]
    assert run["trained"] == run["fresh"]


def test_gates_sum_to_one(charlm, runs, tiny_run):
    printed = json_of(charlm("inspect", "gates", "tiny", "--json", env=runs))
    found = printed["runs"][0]["trained"]
    assert printed["low"] == LOW
    assert [(each["layer"], each["gate"]) for each in found] == [
        (layer, gate) for layer in (1, 2) for gate in ("input", "forget", "output")
    ]
    assert all(each["low"] + each["between"] + each["high"] == pytest.approx(1) for each in found)
    assert printed["runs"][0]["fresh"] is None
    assert is_picture(tiny_run / "tiny" / "gates.png")
    shown = charlm("inspect", "gates", "tiny", "--fresh", env=runs).stdout.splitlines()
    assert len(shown) == 13
    assert [line.split()[:2] for line in shown[1:3]] == [["tiny", "1"], ["tiny,", "fresh"]]


def test_a_forget_bias_of_twenty_keeps_every_forget_gate_open(charlm, verse):
    arguments = ("--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "-s", "model.cell_options.forget_bias=20")
    assert charlm("train", verse, *arguments, "--device", "cpu").returncode == 0
    found = json_of(charlm("inspect", "gates", "r", "--text", verse, "--json"))["runs"][0]["trained"]
    assert [each["high"] for each in found if each["gate"] == "forget"] == [1, 1]


def test_a_cell_without_gates_says_so(charlm, verse):
    arguments = ("--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "-s", "model.cell=rnn")
    assert charlm("train", verse, *arguments, "--device", "cpu").returncode == 0
    result = charlm("inspect", "gates")
    assert (result.returncode, result.stdout) == (0, "")
    assert "r has no gates" in result.stderr
    assert json_of(charlm("inspect", "gates", "--json"))["runs"][0]["trained"] == []


@pytest.mark.parametrize("command", ["gradients", "gates"])
def test_a_missing_or_changed_text_is_an_error_unless_another_is_given(charlm, verse, tmp_path, command):
    text = tmp_path / "book.txt"
    text.write_bytes(verse.read_bytes())
    arguments = ("--steps", 1, "--run", "r", "-s", "model.hidden_size=8", "--device", "cpu")
    assert charlm("train", text, *arguments).returncode == 0
    text.write_bytes(verse.read_bytes() * 2)
    assert "--text" in refused(charlm("inspect", command), 4)[2]
    text.unlink()
    assert "--text" in refused(charlm("inspect", command), 3)[2]
    assert json_of(charlm("inspect", command, "--text", verse, "--json"))["runs"][0]["text"] == "verse"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("gradients", "tinny"), 4, "Did you mean tiny?"),
        (("gates", "tinny"), 4, "Did you mean tiny?"),
        (("gradients", "tiny", "--text", "nothing.txt"), 3, "nothing.txt"),
        (("gradients", "tiny", "--distance", 5000), 3, "5,002"),
        (("gradients", "tiny", "--distance", 0), 2, "--distance"),
        (("gradients", "tiny", "--positions", 0), 2, "--positions"),
    ],
)
def test_bad_input_is_three_lines_and_an_exit_code(charlm, runs, arguments, code, message):
    assert message in " ".join(refused(charlm("inspect", *arguments, env=runs), code))


def test_a_picture_that_cannot_be_written_is_an_error(charlm, runs):
    result = charlm("inspect", "gates", "tiny", "--plot", f"nowhere{os.sep}g.png", env=runs)
    assert result.returncode == 2
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_text_that_is_too_short_names_the_distance_that_it_is_long_enough_for(charlm, tiny_run, tmp_path):
    (tmp_path / "short.txt").write_text("The owl went out", encoding="utf-8")
    asked = ("inspect", "gradients", "tiny", "--text", "short.txt")
    done = charlm(*asked, env={"CHARLM_RUNS": str(tiny_run)})
    assert done.returncode == 3
    assert "or --distance 14." in done.stderr
    assert charlm(*asked, "--distance", 14, env={"CHARLM_RUNS": str(tiny_run)}).returncode == 0
