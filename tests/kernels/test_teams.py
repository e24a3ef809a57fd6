"""How a team of threads divides a layer, and when it is taken for hindered: the C of both, compiled alone."""

from __future__ import annotations

import ctypes
import itertools
import subprocess

import numpy as np
import pytest

from charlm.kernels.building import FLAGS, HERE, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler")

SOURCE = """
#include "sharing.h"
#include "barrier.h"
/* Count how often each row and unit is done by `threads` threads; gives the work of the one with most. */
int64_t divide(int64_t rows, int64_t size, int64_t unit, int64_t threads, int64_t *done) {
    const int64_t units = (size + unit - 1) / unit;
    const Grid grid = grid_of(rows, units, threads);
    for (int64_t number = 0; number < threads; number++) {
        const Bounds own = rows_of(grid, rows, number), of = units_of(grid, size, unit, number);
        for (int64_t row = own.first; row < own.end; row++)
            for (int64_t n = of.first; n < of.end; n++) done[row * size + n]++;
    }
    return most_work(grid, rows, units);
}
int contended(int threads, double idle, int64_t nanoseconds, double waited) {
    Barrier b = {.threads = threads, .idle = idle, .began_ns = now_ns() - nanoseconds};
    b.waited_ns = (int64_t)(waited * threads * (double)nanoseconds);
    return is_contended(&b);
}
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teams")
    (folder / "source.c").write_text(SOURCE)
    made = folder / "teams.so"
    flags = [*FLAGS, f"-I{HERE}", str(folder / "source.c"), "-o", str(made)]
    subprocess.run([str(compiler()), *flags], check=True, capture_output=True)
    library = ctypes.CDLL(str(made))
    library.divide.argtypes = [*[ctypes.c_int64] * 4, ctypes.c_void_p]
    library.divide.restype = ctypes.c_int64
    library.contended.argtypes = [ctypes.c_int, ctypes.c_double, ctypes.c_int64, ctypes.c_double]
    return library


def test_every_row_and_unit_is_done_once(compiled):
    for rows, size, threads in itertools.product([1, 2, 7, 64], [1, 31, 96, 384], [1, 2, 3, 8, 16]):
        done = np.zeros((rows, size), np.int64)
        compiled.divide(rows, size, 32, threads, done.ctypes.data)
        assert (done == 1).all(), (rows, size, threads)


@pytest.mark.parametrize(
    ("rows", "units", "threads", "most"),
    [
        (1, 8, 2, 4),
        (64, 8, 2, 64 * 4),
        (64, 3, 2, 32 * 3),  # three shares are not even for two threads, but 64 rows are
        (512, 12, 16, 512 * 12 // 16),  # twelve shares would leave four threads without work
        (1, 12, 16, 1),
        (5, 1, 16, 1),
    ],
)
def test_the_work_is_divided_as_evenly_as_it_can_be(compiled, rows, units, threads, most):
    done = np.zeros((rows, units), np.int64)
    assert compiled.divide(rows, units, 1, threads, done.ctypes.data) == most


@pytest.mark.parametrize(
    ("threads", "idle", "waited", "expected"),
    [
        (2, 0.0, 0.05, False),
        (2, 0.0, 0.2, True),  # one of two waited for two fifths of the time
        (16, 4 / 16, 4 / 16, False),  # four had nothing to do: that is no sign of other programs
        (16, 4 / 16, 0.6, True),
    ],
)
def test_waiting_that_an_uneven_division_explains_is_not_taken_for_other_programs(
    compiled, threads, idle, waited, expected
):
    assert bool(compiled.contended(threads, idle, 10**9, waited)) is expected
