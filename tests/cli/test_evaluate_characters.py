"""`charlm eval characters` through the real command line."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest


@pytest.fixture
def runs(tiny_run):
    return {"CHARLM_RUNS": str(tiny_run)}


@pytest.fixture
def odd(tmp_path, verse):
    path = tmp_path / "odd.txt"
    path.write_text(verse.read_text() + "mmmmmm zzz\n" + verse.read_text(), encoding="utf-8")
    return path


def score(charlm, runs, *arguments):
    return json.loads(charlm("eval", "perplexity", "tiny", *arguments, "--json", env=runs).stdout)


def test_all_forms_add_up_to_the_score(charlm, runs, odd, tmp_path):
    """The z are unknown, and left out in all of them."""
    expected = score(charlm, runs, odd)
    done = charlm("eval", "characters", "tiny", odd, "--jsonl", "--npz", "nats.npz", env=runs)
    assert done.returncode == 0, done.stderr
    assert "3 unknown characters of the text are left out" in done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    text = odd.read_text().replace("z", "")
    assert "".join(row["character"] for row in rows) == text
    assert [row["place"] for row in rows] == list(range(len(text)))
    assert rows[0]["nats"] is None
    nats = expected["nats_per_character"] * expected["characters"]
    assert math.fsum(row["nats"] for row in rows[1:]) == pytest.approx(nats, rel=1e-9)
    with np.load(tmp_path / "nats.npz") as arrays:
        assert np.nansum(arrays["nats"], dtype=np.float64) == pytest.approx(nats, rel=1e-9)
        symbols = json.loads(str(arrays["vocabulary"]))
        assert "".join(symbols[one] for one in arrays["ids"]) == text
    lines = charlm("eval", "characters", "tiny", odd, "--tsv", env=runs).stdout.splitlines()
    heading, *values = [line.split("\t") for line in lines]
    assert heading == ["line", "characters", "nats", "bits_per_character", "excess_bits", "text"]
    assert values[0][-1] == "mmmmmm "
    assert sum(float(row[2]) for row in values) == pytest.approx(nats, rel=1e-7)
    assert sorted(int(row[0]) for row in values) == list(range(1, len(text.splitlines()) + 1))


def test_the_table_has_the_worst_lines_first(charlm, runs, odd):
    done = charlm("eval", "characters", "tiny", odd, "--top", 2, env=runs)
    assert len(done.stdout.splitlines()) == 3
    assert done.stdout.splitlines()[1].endswith("mmmmmm")
    assert "bits per character" in done.stderr


def test_without_a_text_it_is_the_validation_split(charlm, runs):
    expected = score(charlm, runs, "--split", "valid")
    done = charlm("eval", "characters", "tiny", env=runs)
    assert f"{expected['bits_per_character']:.6f} bits per character" in done.stderr


def test_in_tab_separated_values_a_tab_is_no_separator(charlm, tmp_path):
    text = tmp_path / "tabs.txt"
    text.write_text("a\tb\\c\n" * 40)
    assert charlm("train", text, "--run", "tabs", "--steps", 2, "-s", "model.hidden_size=16").returncode == 0
    rows = charlm("eval", "characters", "tabs", text, "--tsv").stdout.splitlines()[1:]
    assert {row.split("\t")[-1] for row in rows} == {"a\\tb\\\\c"}
    assert {len(row.split("\t")) for row in rows} == {6}


def test_bytes_are_numbers(charlm, tmp_path):
    text = tmp_path / "bytes.txt"
    text.write_text("é\n" * 100)
    assert charlm("train", text, "--run", "b", "--steps", 2, "-s", "model.hidden_size=16", "-s", "text.unit=byte")
    rows = [json.loads(line) for line in charlm("eval", "characters", "b", text, "--jsonl").stdout.splitlines()]
    assert bytes(row["byte"] for row in rows) == text.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--tsv", "--jsonl"], 2, "cannot go together"),
        (["--by", "length"], 2, "length"),
        (["--split", "test", "TEXT"], 2, "--split selects"),
        (["SHORT"], 3, "at least two"),
        (["missing.txt"], 3, "missing.txt"),
        (["TEXT", "--npz", "TEXT"], 2, "already"),
        (["TEXT", "--npz", "no/such/folder.npz"], 3, "cannot be written"),
    ],
)
def test_bad_input(charlm, runs, odd, tmp_path, arguments, code, words):
    (tmp_path / "short.txt").write_text("T")
    named = {"TEXT": odd, "SHORT": "short.txt"}
    done = charlm("eval", "characters", "tiny", *[named.get(each, each) for each in arguments], env=runs)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""
