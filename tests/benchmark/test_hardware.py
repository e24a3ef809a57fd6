"""What the machine can do, from how often it multiplies and reads; the clock is one that counts."""

import pytest
import torch

from charlm.benchmark import hardware
from charlm.benchmark.flops import Product
from charlm.benchmark.hardware import LARGE, measure_peak_flops, measure_products, measure_read_speed
from charlm.device import choose_compute


@pytest.fixture
def multiplied(monkeypatch):
    """The shapes that were multiplied; each product takes as many seconds as it has operations."""
    real, seen = torch.mm, []

    def counted(left, right, out):
        seen.append((*left.shape, right.shape[1], left.dtype))
        return real(left, right, out=out)

    def seconds(work, tries):
        before = len(seen)
        work()
        return float(sum(2 * rows * inner * columns for rows, inner, columns, _ in seen[before:]))

    monkeypatch.setattr(torch, "mm", counted)
    monkeypatch.setattr(hardware, "least_seconds", seconds)
    return seen


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_take_the_time_of_all_that_are_multiplied(multiplied, precision, dtype):
    compute = choose_compute("cpu", precision)
    products = [Product(8, 16, 32, 4), Product(6, 7, 5), Product(6, 7, 5)]
    assert measure_products(products, compute) == sum(product.flops for product in products)
    assert {kind for *_, kind in multiplied} == {dtype}


def test_the_peak_is_that_of_a_large_product(multiplied):
    assert measure_peak_flops(choose_compute("cpu", "fp32")) == 1  # an operation a second
    assert {shape[:3] for shape in multiplied} == {(LARGE, LARGE, LARGE)}


def test_memory_is_streamed_and_the_threads_are_left_as_they_were(monkeypatch):
    before, size, used = torch.get_num_threads(), 1 << 20, []

    def seconds(work):
        work()
        used.append(torch.get_num_threads())
        return 2.0

    monkeypatch.setattr(hardware, "least_seconds", seconds)
    assert measure_read_speed(size, 2) == hardware.BYTES_READ / 2  # a pass in two seconds
    assert set(used) == {1, 2}
    assert torch.get_num_threads() == before
