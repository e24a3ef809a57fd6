"""`charlm inspect cells` and `steer` through the real command line: the finder's law, on a text of brackets."""

from __future__ import annotations

import html
import json

import numpy as np
import pytest


def brackets(length=40_000, seed=3):
    """Letters at random, in brackets and out of them: only memory tells which bracket may come next."""
    rng = np.random.default_rng(seed)
    found, inside = [], False
    for chance, letter in zip(rng.random(length), rng.integers(0, 2, length), strict=True):
        if chance < 0.12:
            found.append(")" if inside else "(")
            inside = not inside
        else:
            found.append("\n" if chance < 0.13 else "ab"[letter])
    return "".join(found)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of runs: `learned` has learned the brackets, `new` had one update that changes nothing."""
    from command_line import in_this_process

    root = tmp_path_factory.mktemp("brackets")
    text = root / "text.txt"
    text.write_text(brackets(), encoding="ascii")
    cache = tmp_path_factory.getbasetemp() / "cache"
    for name, steps, rate in (("learned", 300, 3e-2), ("new", 1, 1e-30)):
        result = in_this_process(
            "train", text, "--run", name, "--steps", steps, "-s", "model.cell=lstm", "-s", "model.hidden_size=12",
            "-s", "model.num_layers=1", "-s", "training.batch_size=32", "-s", "training.seq_len=48",
            "-s", f"training.learning_rate={rate}", "-s", "training.validations=1", "--device", "cpu", "--seed", 1,
            env={"CHARLM_RUNS": str(root), "CHARLM_CACHE": str(cache)},
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
    return root


@pytest.fixture
def run(charlm, trained):
    def call(*arguments):
        return charlm(*arguments, env={"CHARLM_RUNS": str(trained)})

    return call


def json_of(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_bracket_unit_of_a_model_that_learned_brackets_is_found_and_steers(run, trained):
    found = json_of(
        run("inspect", "cells", "learned", trained / "text.txt", "--probe", "brackets", "--steer", "--json")
    )
    (result,) = found["properties"]
    assert result["units"][0]["score"] > 0.97
    assert result["units"][0]["score"] > result["untrained"] > result["chance"] > 0.5
    low, high = result["steered"]["interval"]
    assert result["steered"]["certain"]
    assert not low <= 0 <= high
    assert abs(result["steered"]["change"]) > 0.2


def test_nothing_is_found_in_a_network_before_training(run, trained):
    for result in json_of(run("inspect", "cells", "new", trained / "text.txt", "--json"))["properties"]:
        assert result["units"] == [], result["property"]


def test_a_table_says_what_was_found_and_what_was_not(run, trained, tmp_path):
    asked = ("inspect", "cells", "learned", trained / "text.txt")
    table = run(*asked, "--probe", "brackets", "--probe", "quotes", "--probe", "own=bbb", "--npz", "c.npz")
    assert table.returncode == 0, table.stderr
    with np.load(tmp_path / "c.npz") as arrays:
        assert arrays["properties"].tolist() == ["brackets", "quotes", "own"]
        assert arrays["scores"].shape == (3, 12)
        assert np.nanmax(abs(arrays["scores"][0])) > 0.97
    table = run(*asked, "--probe", "brackets", "--probe", "quotes")
    assert [line.split()[0] for line in table.stdout.splitlines()] == ["property", "brackets"]
    assert "quotes (inside double quotes): it holds at 0 characters" in table.stderr
    assert run(*asked, "--probe", "brackets", "--html", "c.html").returncode == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "brackets 1.00" in page
    nothing = run(*asked, "--probe", "quotes", "--html", "d.html")
    assert nothing.returncode == 3
    assert not (tmp_path / "d.html").exists()


def test_steering_by_hand_prints_the_change_and_samples(run):
    asked = ("inspect", "steer", "learned", "--unit", "1:3", "--set", 5, "--samples", 12, "--length", 60)
    found = json_of(run(*asked, "--json", "--show", 2))
    assert {one["property"] for one in found["effects"]} >= {"brackets", "depth"}
    assert len(found["texts"]) == 2
    assert found["values"] == ["c"]
    shown = run(*asked, "--probe", "brackets", "--show", 1)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[1].split()[0] == "brackets"
    assert "--- sample 0, set" in shown.stdout
    assert found == json_of(run(*asked, "--json", "--show", 2))


def test_what_steering_did_is_written_as_arrays_and_as_a_page(run, tmp_path):
    asked = ("inspect", "steer", "learned", "--unit", "1:3-4", "--set", 5, "--samples", 12, "--length", 60)
    found = json_of(run(*asked, "--probe", "brackets", "--json", "--npz", "s.npz", "--show", 1))
    assert found["units"] == ["1:3", "1:4"]
    (effect,) = found["effects"]
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["properties"].tolist() == ["brackets"]
        assert arrays["units"].tolist() == found["units"]
        assert arrays["free"].shape == arrays["set"].shape == (1, 12)
        assert arrays["set"].mean() - arrays["free"].mean() == pytest.approx(effect["change"])
        assert arrays["intervals"][0] == pytest.approx(effect["interval"])
    written = run(*asked, "--probe", "brackets", "--html", "s.html", "--show", 1)
    assert (written.returncode, written.stdout) == (0, "")
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "1:3 (c), 1:4 (c) set to 5; 12 pairs" in page
    assert html.escape(found["texts"][0]["set"]) in page
    assert run(*asked, "--html", "s.html").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("cells", "learned", "short.txt"), 3, "4,000"),
        (("cells", "learned", "--probe", "quote"), 2, "quotes, brackets"),
        (("cells", "learned", "--probe", "x=("), 2, "regular expression"),
        (("cells", "learned", "--layer", 2), 2, "layer 1 alone"),
        (("steer", "learned", "--unit", "1:99", "--set", 1), 2, "units 0 to 11"),
        (("steer", "learned", "--unit", "1:1"), 2, "--set"),
        (("steer", "learned", "--unit", "1:1", "--set", "nan"), 2, "--set"),
        (("steer", "learned", "--unit", "1:1", "--set", 1, "--value", "forget"), 2, "--value h or --value c"),
        (("steer", "learned", "--unit", "1:1", "--set", 1, "--json", "--html", "-"), 2, "--html"),
    ],
)
def test_bad_input_is_three_lines_and_an_exit_code(run, tmp_path, arguments, code, says):
    (tmp_path / "short.txt").write_text("(a)b\n" * 100, encoding="ascii")
    result = run("inspect", *arguments)
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
