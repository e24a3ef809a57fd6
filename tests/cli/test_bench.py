"""`charlm bench` through the real command line."""

from __future__ import annotations

import json

import pytest

from charlm.benchmark import hardware, ruled_writing, rules
from charlm.kernels import library


@pytest.fixture(autouse=True)
def roughly(monkeypatch):
    """What the machine can do is measured on little work: no test asks how fast it is."""
    monkeypatch.setattr(hardware, "LARGE", 128)
    monkeypatch.setattr(hardware, "BYTES_READ", 1 << 20)


def test_train_prints_characters_per_second_beside_plain_torch(charlm):
    result = charlm("bench", "train", "--sizes", "1x16", "--lanes", "4x8", "--json")
    output = json.loads(result.stdout)
    (row,) = output["results"]
    assert row["best"] >= row["median"] > 0
    assert row["plain_median"] > 0
    assert output["precision"] in ("bf16", "fp32", "fp16")


def test_every_cell_can_be_timed(charlm):
    from charlm.cells.table import CELLS

    result = charlm("bench", "train", "--cell", "all", "--sizes", "1x16", "--lanes", "4x8", "--no-plain", "--json")
    assert [row["cell"] for row in json.loads(result.stdout)["results"]] == list(CELLS)


def test_sample_prints_a_table(charlm):
    result = charlm("bench", "sample", "--sizes", "1x16,2x8", "-n", 20)
    assert result.returncode == 0, result.stderr
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["size", "1x16", "2x8"]


def test_an_invalid_size_is_a_usage_error(charlm):
    result = charlm("bench", "train", "--sizes", "big")
    assert result.returncode == 2
    assert "2x256" in result.stderr


def test_train_prints_the_limit_of_the_hardware_and_where_the_time_goes(charlm):
    result = charlm("bench", "train", "--sizes", "2x16", "--lanes", "4x8", "--parts", "--json")
    (row,) = json.loads(result.stdout)["results"]
    assert row["limit"] > 0
    assert row["share"] == pytest.approx(row["best"] / row["limit"], rel=0.02, abs=0.001)
    assert list(row["parts"]) == ["cells", "head and loss", "clip", "optimizer", "data", "other"]
    assert row["milliseconds"] > 0


def test_many_streams_are_timed_together(charlm):
    result = charlm("bench", "sample", "--sizes", "1x16", "-n", 20, "--streams", "1,8", "--parts", "--json")
    one, many = json.loads(result.stdout)["results"]
    assert (one["streams"], many["streams"]) == (1, 8)
    width = 2 if library() else 4  # bytes of a weight in the engine that is timed
    assert one["bytes_per_character"] == width * (64 * 16 + 65 * 16 + 64 + 64 + 64 + 65)
    assert list(many["parts"]) == ["model", "drawing"]


def test_score_agrees_with_one_stream_step_by_step(charlm):
    result = charlm("bench", "score", "--sizes", "1x16,2x8", "-n", 3000, "--beginning", 700, "--json")
    assert result.returncode == 0, result.stderr
    for row in json.loads(result.stdout)["results"]:
        assert abs(row["bits"] - row["plain_bits"]) < 1e-4
        assert row["best"] >= row["median"] > 0
        assert row["plain_median"] > 0


def test_tables_fit_a_hundred_columns(charlm):
    result = charlm("bench", "train", "--cell", "memory_gated", "--sizes", "1x16", "--lanes", "64x64", "--parts")
    heads = [line for line in result.stdout.splitlines() if line.startswith("cell")]
    assert len(heads) == 2
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_an_invalid_number_of_streams_is_a_usage_error(charlm):
    result = charlm("bench", "sample", "--sizes", "1x8", "--streams", "1,no")
    assert result.returncode == 2
    assert "1,64" in result.stderr


@pytest.fixture
def alice(monkeypatch):
    """The rules are timed beside a text that needs not be built."""
    monkeypatch.setattr(ruled_writing, "TEXT", "alice")


RULES = ("bench", "sample", "--sizes", "1x8", "-n", 40, "--rounds", 2, "--rules")


def test_rules_are_timed_beside_the_plain_draw(charlm, alice):
    output = json.loads(charlm(*RULES, "top_k,max_copy", "--json").stdout)
    assert output["text"].startswith("alice, 14")
    plain, top_k, max_copy = output["results"]
    assert (plain["rule"], plain["of_plain"], plain["more"]) == ("plain", 1.0, 0.0)
    assert (top_k["rule"], top_k["setting"]) == ("top_k", {"top_k": 40})
    assert (max_copy["rule"], max_copy["setting"]) == ("max_copy", {"max_copy": 40})
    assert all(row["microseconds"] > 0 and row["of_plain"] > 0 for row in output["results"])


def test_the_table_of_all_rules_fits_a_hundred_columns(charlm, alice):
    result = charlm(*RULES, "all", "--parts")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["cell", "size", "streams", "rule", "setting", "µs", "more", "of", "plain", "quartiles"]
    assert [line.split()[3] for line in lines[1 : 1 + len(rules.RULES)]] == list(rules.RULES)
    assert max(map(len, lines)) <= 100


def test_an_unknown_rule_is_an_error_of_three_lines(charlm):
    result = charlm(*RULES, "topk")
    assert result.returncode == 2
    assert "Did you mean top_k?" in result.stderr
    assert result.stdout == ""


def test_load_prints_what_is_left_beside_busy_processes(charlm):
    options = (
        "--work",
        "sample",
        "--size",
        "1x16",
        "--lanes",
        "4x8",
        "--busy",
        "1",
        "--seconds",
        0.02,
        "--rounds",
        1,
        "--no-plain",
    )
    result = charlm("bench", "load", *options)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["beside", "median/s", "cores", "kept", "fair", "of", "fair"]
    assert [line[:15].strip() for line in lines[1:]] == ["alone", "1 busy", "2 side by side"]


def test_load_refuses_an_unknown_job(charlm):
    result = charlm("bench", "load", "--work", "dance")
    assert result.returncode == 2
    assert "train, sample or score" in result.stderr
