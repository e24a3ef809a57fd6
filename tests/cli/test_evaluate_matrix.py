"""`charlm eval matrix` through the real command line."""

from __future__ import annotations

import json

import pytest

TEXTS = {"owl": "the owl ate the moon\n" * 150, "fish": "zigzag fish jumps quickly\n" * 150}


@pytest.fixture(scope="module")
def authors(tmp_path_factory):
    """A model for each of two authors, with vocabularies of their own, and one of bytes."""
    from command_line import in_this_process

    root = tmp_path_factory.mktemp("authors")
    environment = {"CHARLM_RUNS": str(root / "runs"), "CHARLM_CACHE": str(root / "cache")}
    small = ["--steps", 30, "-s", "model.hidden_size=16", "-s", "training.batch_size=8", "-s", "training.seq_len=32"]
    for name, text in TEXTS.items():
        (root / f"{name}.txt").write_text(text)
        for run, options in ((name, []), *([("bytes", ["-s", "text.unit=byte"])] if name == "owl" else [])):
            done = in_this_process("train", root / f"{name}.txt", "--run", run, *small, *options, env=environment)
            assert done.returncode == 0, done.stderr
    return root, environment


def test_each_author_is_found(charlm, authors):
    root, environment = authors
    arguments = ["owl", "fish", "--text", root / "owl.txt", "--text", root / "fish.txt"]
    done = charlm("eval", "matrix", *arguments, env=environment)
    assert done.returncode == 0, done.stderr
    heading, owl, fish = (line.split() for line in done.stdout.splitlines())
    assert heading == ["text", "owl", "fish", "ahead", "by"]
    assert [cell.endswith("*") for cell in owl[1:3]] == [True, False]
    assert [cell.endswith("*") for cell in fish[1:3]] == [False, True]
    assert "costs about 20 bits" in done.stderr
    result = json.loads(charlm("eval", "matrix", *arguments, "--json", env=environment).stdout)
    assert [row["best"] for row in result["texts"]] == [0, 1]
    compared = charlm("eval", "compare", "owl", "fish", "--text", root / "fish.txt", "--json", env=environment)
    assert result["texts"][1]["runs"] == json.loads(compared.stdout)["runs"]


def test_differences_from_the_best_have_intervals(charlm, authors):
    """As `eval compare` has them. A model that may be as good as the best is marked, too."""
    root, environment = authors
    (root / "long.txt").write_text(TEXTS["owl"] * 4)
    arguments = ["owl", "fish", "--text", root / "long.txt"]
    (row,) = json.loads(charlm("eval", "matrix", *arguments, "--json", env=environment).stdout)["texts"]
    compared = json.loads(charlm("eval", "compare", *arguments, "--json", env=environment).stdout)
    assert row["best"] == 0
    assert row["behind"][0] == {"nats_per_character": 0, "interval": None}
    assert compared["differences"] == [{"run": "fish"} | row["behind"][1]]
    same = charlm("eval", "matrix", "owl", "owl", "--text", root / "long.txt", env=environment)
    assert same.stdout.splitlines()[1].count("~") == 1
    assert "may be as good" in same.stderr


def test_models_of_other_symbols_are_compared_by_their_bits_per_byte(charlm, authors):
    root, environment = authors
    done = charlm("eval", "matrix", "owl", "bytes", "--text", root / "owl.txt", env=environment)
    assert "bits per byte; * is the best of its row" in done.stderr
    assert done.stdout.count("*") == 1


def test_one_model_may_score_several_texts(charlm, authors):
    root, environment = authors
    done = charlm("eval", "matrix", "owl", "--text", root / "owl.txt", "--text", root / "fish.txt", env=environment)
    assert [line.split()[-1][-1] for line in done.stdout.splitlines()[1:]] == ["*", "*"]


def test_bad_input(charlm, authors, tmp_path):
    root, environment = authors
    one = charlm("eval", "matrix", "owl", "--text", root / "owl.txt", env=environment)
    assert (one.returncode, "two runs or two texts" in one.stderr) == (2, True)
    (tmp_path / "short.txt").write_text("o")
    short = charlm("eval", "matrix", "owl", "fish", "--text", "short.txt", env=environment)
    assert (short.returncode, "at least two" in short.stderr) == (3, True)
    missing = charlm("eval", "matrix", "owl", "nobody", "--text", root / "owl.txt", env=environment)
    assert (missing.returncode, missing.stdout) == (4, "")
