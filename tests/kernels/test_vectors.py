"""The functions of vectors.h, compiled alone: logarithms to seven digits, and what has none."""

from __future__ import annotations

import ctypes
import subprocess

import numpy as np
import pytest

from charlm.kernels.building import FLAGS, HERE, compiler, levels

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler")

SOURCE = """
#include "vectors.h"
void logarithms(const float *from, float *to, int64_t n) {
    for (int64_t i = 0; i < n; i += W) store_floats(to + i, log_ps(load_floats(from + i)));
}
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """ln of float32 numbers, as a processor of the lowest level computes it."""
    folder = tmp_path_factory.mktemp("vectors")
    (folder / "source.c").write_text(SOURCE)
    made = folder / "vectors.so"
    flags = [*FLAGS, *levels()[0].flags, f"-I{HERE}", str(folder / "source.c"), "-lm", "-o", str(made)]
    subprocess.run([str(compiler()), *flags], check=True, capture_output=True)
    function = ctypes.CDLL(str(made)).logarithms
    function.argtypes, function.restype = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64), None

    def run(x):
        x = np.resize(np.asarray(x, np.float32), -(-len(x) // 16) * 16)  # whole vectors
        found = np.empty_like(x)
        function(x.ctypes.data, found.ctypes.data, len(x))
        return x.astype(np.float64), found

    return run


@pytest.mark.parametrize("bounds", [(-87, 88), (-1e-2, 1e-2), (0, 0.7), (-103, -87)], ids=str)
def test_logarithms_have_seven_digits(log, bounds):
    x, found = log(np.exp(np.random.default_rng(0).uniform(*bounds, 100_000)))
    np.testing.assert_allclose(found, np.log(x), rtol=3e-7, atol=0)


def test_the_logarithm_of_what_has_none(log):
    _, found = log([1, 0, -0.0, np.inf, -1, -np.inf, np.nan, 1e-45])
    np.testing.assert_array_equal(found[:7], [0, -np.inf, -np.inf, np.inf, np.nan, np.nan, np.nan])
    assert found[7] == pytest.approx(-103.2789)
