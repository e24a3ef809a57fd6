"""What this machine can do at most: matrix products, and reading memory. Knows no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from charlm.benchmark.flops import Product
from charlm.benchmark.timing import least_seconds
from charlm.device import Compute

LARGE = 1024  # rows and columns of a product that is limited by arithmetic alone
TRIES = 12
BYTES_READ = 1 << 26  # in each timing; a small buffer is read many times


def measure_products(products: Iterable[Product], compute: Compute) -> float:
    """Seconds that the products take alone, in this precision: for each shape, the best of several timings."""
    counts = Counter(products)
    return sum(count * _seconds(product, compute) for product, count in counts.items())


def measure_peak_flops(compute: Compute) -> float:
    """Operations per second in a large product: an upper bound for the smaller products of a model."""
    large = Product(LARGE, LARGE, LARGE)
    return large.flops / _seconds(large, compute)


def _seconds(product: Product, compute: Compute) -> float:
    """The best of several timings, with the second matrix laid out in either way, as kernels differ in which is faster.

    The repetitions follow each other, so a small matrix stays in the cache, as it does in the steps of a layer.
    """
    import torch

    device = compute.torch_device()
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[compute.precision]

    def filled(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, device=device).to(dtype)

    left = filled(product.rows, product.inner)
    out = torch.empty(product.rows, product.columns, dtype=dtype, device=device)
    layouts = filled(product.inner, product.columns), filled(product.columns, product.inner).T

    def multiply(right: torch.Tensor) -> None:
        for _ in range(product.times):
            torch.mm(left, right, out=out)
        if compute.device_type == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        return min(least_seconds(lambda right=right: multiply(right), TRIES) for right in layouts)  # type: ignore[misc]


def measure_read_speed(size: int, threads: int) -> float:
    """Bytes per second at which a buffer of `size` bytes is read again and again, from the cache that it fits in.

    The best of two reductions of torch, on one thread and on `threads`.
    """
    import torch

    numbers = torch.rand(max(1, size // 4))
    times = max(1, BYTES_READ // size)
    before = torch.get_num_threads()
    quickest = float("inf")
    with torch.inference_mode():
        for used in {1, threads}:
            torch.set_num_threads(used)
            for reduce in (numbers.sum, numbers.amax):
                quickest = min(
                    quickest,
                    least_seconds(lambda reduce=reduce: [reduce() for _ in range(times)]),  # type: ignore[misc]
                )
    torch.set_num_threads(before)
    return numbers.numel() * 4 * times / quickest
