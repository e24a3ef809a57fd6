"""The measured limits of the hardware are plausible, and torch's threads are restored."""

import pytest
import torch

from charlm.benchmark.flops import Product
from charlm.benchmark.hardware import measure_peak_flops, measure_products, measure_read_speed
from charlm.device import choose


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_more_products_take_more_time(precision):
    compute = choose("cpu", precision)
    few, many = [Product(8, 16, 32)], [Product(8, 16, 32, 400), Product(64, 64, 64)]
    assert 0 < measure_products(few, compute) < measure_products(many, compute)


def test_measuring_memory_restores_the_number_of_threads():
    before = torch.get_num_threads()
    assert measure_read_speed(1 << 20, 1) > 1e8
    assert torch.get_num_threads() == before


def test_a_large_product_does_far_more_operations_per_second_than_a_tiny_one():
    compute, tiny = choose("cpu", "fp32"), Product(1, 2, 1)
    assert measure_peak_flops(compute) > 10 * tiny.flops / measure_products([tiny], compute)
