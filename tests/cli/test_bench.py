from __future__ import annotations

import json


def test_train_prints_characters_per_second_beside_plain_torch(charlm):
    result = charlm("bench", "train", "--sizes", "1x16", "--lanes", "4x8", "--json")
    said = json.loads(result.stdout)
    (row,) = said["results"]
    assert row["best"] >= row["median"] > 0
    assert row["plain_median"] > 0
    assert said["precision"] in ("bf16", "fp32", "fp16")


def test_every_cell_can_be_timed(charlm):
    from charlm.cells.table import CELLS

    result = charlm("bench", "train", "--cell", "all", "--sizes", "1x16", "--lanes", "4x8", "--no-plain", "--json")
    assert [row["cell"] for row in json.loads(result.stdout)["results"]] == list(CELLS)


def test_sample_prints_a_table(charlm):
    result = charlm("bench", "sample", "--sizes", "1x16,2x8", "-n", 20)
    assert result.returncode == 0, result.stderr
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["size", "1x16", "2x8"]


def test_a_size_that_is_none_is_a_usage_error(charlm):
    result = charlm("bench", "train", "--sizes", "big")
    assert result.returncode == 2
    assert "2x256" in result.stderr
