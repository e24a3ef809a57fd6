"""The tables of `charlm inspect`."""

from __future__ import annotations

import numpy as np

from charlm.display.inspection_tables import gate_rows, gradient_rows, norms_json
from charlm.inspection.gates import GateShares
from charlm.inspection.gradients import GradientNorms

HALVING = GradientNorms(0.5 ** np.arange(31.0)[None])


def test_gradients_have_a_column_for_some_distances_and_the_last_one() -> None:
    heading, row = gradient_rows(["book"], [HALVING], [None], 30)
    assert heading[:-1] == ("distance", "0", "1", "2", "5", "10", "20", "30")
    assert row[:3] == ("book", "1.0e+00", "5.0e-01")
    assert row[-1] == "x 0.500, halves every 1.0 characters"


def test_a_fresh_network_has_a_row_of_its_own_and_few_distances_no_decay() -> None:
    short = GradientNorms(np.ones((1, 2)))
    rows = [*gradient_rows(["a", "b"], [short, short], [short, None], 1)]
    assert [row[0] for row in rows] == ["distance", "a", "a, fresh", "b"]
    assert rows[1][-1] == "too few distances to say"


def test_a_vanished_gradient_is_reported() -> None:
    *_, row = gradient_rows(["a"], [GradientNorms(np.array([[1.0, 0.1, 0.01, 0.0]]))], [None], 3)
    assert row[-1].endswith("under 1e-12 from 3 characters on")


def test_json_has_each_distance() -> None:
    found = norms_json(HALVING)
    assert found["positions"] == 1
    assert found["median"] == found["lower_quartile"] == list(HALVING.norms[0])


def test_gates_have_a_row_each_and_one_for_the_fresh_network_if_there_is_one() -> None:
    gate = GateShares(layer=1, gate="forget", low=0.1, between=0.6, high=0.3, values=10)
    assert [*gate_rows(["a"], [[gate]], [()])] == [
        ("run", "layer", "gate", "under 0.1", "between", "over 0.9"),
        ("a", "1", "forget", "10.0%", "60.0%", "30.0%"),
    ]
    _, trained, fresh = gate_rows(["a"], [[gate]], [[gate]])
    assert (trained[0], fresh[0]) == ("a", "a, fresh")
    assert fresh[1:] == trained[1:]
