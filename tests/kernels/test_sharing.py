"""Work that the kernels give to OpenMP's threads is done, however many threads OpenMP gives."""

from __future__ import annotations

from ctypes import CFUNCTYPE, byref, c_uint, c_void_p

import numpy as np
import pytest

from charlm.kernels import Gathering, library

kernel = library()
if kernel is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

Body = CFUNCTYPE(None, c_void_p)
Starter = CFUNCTYPE(None, c_void_p, c_void_p, c_uint, c_uint)


@pytest.mark.parametrize("given", [1, 2, 3])
def test_fewer_threads_than_asked_for_do_all_the_work(given: int) -> None:
    d_sums = np.random.default_rng(1).standard_normal((5, 256), np.float32)
    ids, totals = np.array([0, 1, 2, 3, 4]), np.zeros_like(d_sums)
    job = Gathering(d_sums.ctypes.data, ids.ctypes.data, totals.ctypes.data, *d_sums.shape, d_sums.shape[1])
    asked: list[int] = []

    def start(body: int, data: int, threads: int, flags: int) -> None:
        asked.append(threads)
        for _ in range(given):
            Body(body)(data)

    kernel.gather_fp32(byref(job), Starter(start), 3)
    assert asked == [3]
    assert np.array_equal(totals, d_sums)
