"""charlm.page.rounding and charlm.page.packing: what is rounded once stays as it is, and is near what it was."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.page.packing import pack
from charlm.page.rounding import decode, encode, round_matrix, rounded


def matrices():
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((40, 33)).astype(np.float32)
    return {
        "usual": wide,
        "small": (wide * 1e-7).astype(np.float32),
        "uneven": (wide * 10.0 ** rng.integers(-30, 4, (40, 1))).astype(np.float32),
        "zeros": np.zeros((3, 5), np.float32),
        "one row of zeros": np.vstack([wide[:1], 0 * wide[:1]]),
        "nothing": np.zeros((0, 5), np.float32),
    }


@pytest.mark.parametrize("name", matrices())
@pytest.mark.parametrize("weights", ["float32", "float16", "int8"])
def test_what_was_rounded_stays_as_it_is(name, weights):
    once = round_matrix(matrices()[name], weights)
    assert once.dtype == np.float32
    np.testing.assert_array_equal(round_matrix(once, weights), once)
    np.testing.assert_array_equal(decode(encode(once, weights), once.shape, weights), once)


@pytest.mark.parametrize("name", matrices())
def test_rounding_is_as_near_as_its_grid(name):
    matrix = matrices()[name]
    largest = np.abs(matrix).max(axis=1, keepdims=True, initial=0)
    assert (np.abs(round_matrix(matrix, "int8") - matrix) <= 0.5001 * largest / 127 + 1e-38).all()
    assert (np.abs(round_matrix(matrix, "float16") - matrix) <= np.abs(matrix) / 2047 + 6e-8).all()
    np.testing.assert_array_equal(round_matrix(matrix, "float32"), matrix)


def test_only_matrices_are_rounded_and_only_those_that_fit():
    bias, large = np.float32([0.1, 0.2]), np.float32([[1e5, 0.1]])
    found = rounded({"bias": bias, "large": large}, "float16")
    np.testing.assert_array_equal(found["bias"], bias)
    np.testing.assert_array_equal(found["large"], large)


def test_an_array_that_rounding_would_change_is_packed_whole():
    matrix = matrices()["usual"]
    packed = pack({"odd": matrix[:, :1], "half": round_matrix(matrix, "float16"), "bias": matrix[0]}, "float16")
    kinds = {name: each["kind"] for name, each in packed.arrays.items()}
    assert kinds == {"odd": "float32", "half": "float16", "bias": "float32"}
    assert all(each["at"] % 4 == 0 for each in packed.arrays.values())
    at = packed.arrays["half"]["at"]
    np.testing.assert_array_equal(
        decode(packed.content[at : at + 2 * matrix.size], matrix.shape, "float16"), round_matrix(matrix, "float16")
    )
