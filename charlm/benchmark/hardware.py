"""What this machine can do when nothing else is asked of it: matrix products, and reading memory. Knows no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from charlm.benchmark.flops import Product
from charlm.benchmark.timing import least_seconds
from charlm.device import Compute

LARGE = 1024  # rows and columns of a product that nothing but the arithmetic limits
TRIES = 12
PASS = 1 << 26  # bytes read in each timing, by reading a small buffer often


def product_seconds(products: Iterable[Product], compute: Compute) -> float:
    """Seconds that the products take alone, in this precision, each shape at its best of some times."""
    counts = Counter(products)
    return sum(count * _seconds(product, compute) for product, count in counts.items())


def peak_flops(compute: Compute) -> float:
    """Operations a second in a large product: what the smaller ones of a model can at most come near."""
    large = Product(LARGE, LARGE, LARGE)
    return large.flops / _seconds(large, compute)


def _seconds(product: Product, compute: Compute) -> float:
    """The best of some times, of the better of two ways to lay out the second matrix: kernels differ in what they like.

    One product follows on the other, so a small matrix stays in the cache, as it does in a layer's steps.
    """
    import torch

    place = compute.torch_device()
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[compute.precision]

    def filled(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, device=place).to(kind)

    left = filled(product.rows, product.inner)
    out = torch.empty(product.rows, product.columns, dtype=kind, device=place)
    layouts = filled(product.inner, product.columns), filled(product.columns, product.inner).T

    def multiply(right: torch.Tensor) -> None:
        for _ in range(product.times):
            torch.mm(left, right, out=out)
        if compute.device_type == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode():
        return min(least_seconds(lambda right=right: multiply(right), TRIES) for right in layouts)  # type: ignore[misc]


def streaming_speed(size: int, threads: int) -> float:
    """Bytes a second at which a buffer of so many bytes is read over and over: from whatever cache it fits in.

    The best of the ways that torch has of reading numbers and doing little with them, on one thread and on so many.
    """
    import torch

    numbers = torch.rand(max(1, size // 4))
    times = max(1, PASS // size)
    before = torch.get_num_threads()
    quickest = float("inf")
    with torch.inference_mode():
        for used in {1, threads}:
            torch.set_num_threads(used)
            for read in (numbers.sum, numbers.amax):
                quickest = min(quickest, least_seconds(lambda read=read: [read() for _ in range(times)]))  # type: ignore[misc]
    torch.set_num_threads(before)
    return numbers.numel() * 4 * times / quickest
