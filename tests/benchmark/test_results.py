import pytest

from charlm.benchmark import hardware, results
from charlm.device import choose_compute


@pytest.fixture(autouse=True)
def known_hardware(monkeypatch):
    """A machine whose products of a window take a second, and that streams a megabyte in one."""
    monkeypatch.setattr(hardware, "product_seconds", lambda products, compute: 1.0)
    monkeypatch.setattr(hardware, "streaming_speed", lambda size, threads: 1e6)


def test_the_limit_of_training_is_its_products():
    compute = choose_compute("cpu", "fp32")
    (row,) = results.of_training(["gru"], [(1, 8)], (4, 8), compute, plain=False, parts=False)
    assert (row["cell"], row["limit"], row["plain_median"]) == ("gru", 4 * 8, None)
    assert row["share"] == round(row["best"] / 32, 3)
    assert "parts" not in row


def test_the_limit_of_one_stream_is_memory_and_of_many_their_products():
    one, many = results.of_sampling(["lstm"], [(1, 8)], [1, 5], 10, plain=False, parts=False)
    assert one["limit"] == round(1e6 / one["bytes_per_character"])
    assert many["limit"] == 5
    assert "gflops" not in one


def test_a_row_says_where_the_time_goes_beside_the_time_when_nobody_looks():
    (row,) = results.of_scoring(["lstm"], [(1, 8)], 300, 100, plain=True, parts=True)
    assert row["milliseconds"] == pytest.approx(1e3 * 300 / row["best"], rel=0.01)
    assert row["readings"] >= 1
    assert abs(row["bits"] - row["plain_bits"]) < 1e-4


def test_all_cells_and_sizes_get_a_row_in_order():
    made = results.of_sampling(["rnn", "gru"], [(1, 8), (1, 16)], [1], 10, plain=False, parts=False)
    assert [row["cell"] for row in made] == ["rnn", "gru"] * 2
    assert all(row["limit"] > 0 for row in made)
