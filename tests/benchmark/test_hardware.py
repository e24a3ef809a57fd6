import pytest
import torch

from charlm.benchmark.flops import Product
from charlm.benchmark.hardware import peak_flops, product_seconds, streaming_speed
from charlm.device import choose_compute


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_products_take_their_time_and_more_of_them_take_more(precision):
    compute = choose_compute("cpu", precision)
    few, many = [Product(8, 16, 32)], [Product(8, 16, 32, 400), Product(64, 64, 64)]
    assert 0 < product_seconds(few, compute) < product_seconds(many, compute)


def test_memory_is_streamed_and_the_threads_are_left_as_they_were():
    before = torch.get_num_threads()
    assert streaming_speed(1 << 20, 1) > 1e8
    assert torch.get_num_threads() == before


def test_a_large_product_is_far_quicker_by_the_operation_than_a_tiny_one():
    compute, tiny = choose_compute("cpu", "fp32"), Product(1, 2, 1)
    assert peak_flops(compute) > 10 * tiny.flops / product_seconds([tiny], compute)
