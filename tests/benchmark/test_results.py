"""The rows of `charlm bench`: the limits, the parts and the order."""

import pytest

from charlm.benchmark import hardware, results
from charlm.device import choose_compute
from charlm.kernels import library


@pytest.fixture(autouse=True)
def known_hardware(monkeypatch):
    """A machine that computes any products in one second and reads a megabyte per second."""
    monkeypatch.setattr(hardware, "measure_products", lambda products, compute: 1.0)
    monkeypatch.setattr(hardware, "measure_read_speed", lambda size, threads: 1e6)


def test_matrix_products_limit_training():
    compute = choose_compute("cpu", "fp32")
    (row,) = results.training_results(["gru"], [(1, 8)], (4, 8), compute, plain=False, parts=False)
    assert (row["cell"], row["limit"], row["plain_median"]) == ("gru", 4 * 8, None)
    assert row["engine"] == ("torch kernel" if library() is None else "cell kernel")
    assert row["share"] == round(row["best"] / 32, 3)
    assert "parts" not in row


def test_memory_limits_one_stream_and_products_limit_many():
    one, many = results.sampling_results(["lstm"], [(1, 8)], [1, 5], 10, plain=False, parts=False)
    assert one["limit"] == round(1e6 / one["bytes_per_character"])
    assert many["limit"] == 5
    assert "gflops" not in one


def test_a_row_has_the_time_of_each_part_and_the_time_without_a_stopwatch():
    (row,) = results.scoring_results(["lstm"], [(1, 8)], 300, 100, plain=True, parts=True)
    assert row["milliseconds"] == pytest.approx(1e3 * 300 / row["best"], rel=0.01)
    assert row["readings"] >= 1
    assert abs(row["bits"] - row["plain_bits"]) < 1e-4


def test_every_cell_and_size_has_a_row_in_order():
    made = results.sampling_results(["rnn", "gru"], [(1, 8), (1, 16)], [1], 10, plain=False, parts=False)
    assert [row["cell"] for row in made] == ["rnn", "gru"] * 2
    assert all(row["limit"] > 0 for row in made)
