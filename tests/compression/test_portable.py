"""The portable engine computes the same bits with any instructions, and the same numbers as the definition."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from small_codings import coding, in_a_process

from charlm.cells.table import CELLS
from charlm.compression.portable import PortableArray, PortableStepper, exact_product
from charlm.errors import UsageError
from charlm.model.stepping import DefinitionStepper

SETTINGS = [{"cell": cell, "hidden_size": 16, "num_layers": 2} for cell in CELLS]
SETTINGS += [{"attention": {"window": 4}}, {"residual": True, "num_layers": 2}]
SETTINGS += [{"cell": "gru", "hidden_size": 16, "block": {"norm": "rms", "conv": 4, "gate": True, "mlp": 3}}]


def checksums():
    return [f"{settings} {coding(**settings).prepared(True).first.hex()}" for settings in SETTINGS]


def test_other_instructions_and_another_blas_change_no_bit():
    """numpy without the fast instructions of this processor, and the kernels of BLAS for one of 2008."""
    found = np._core._multiarray_umath.__cpu_features__
    baseline = set(np._core._multiarray_umath.__cpu_baseline__)
    off = " ".join(name for name in np._core._multiarray_umath.__cpu_dispatch__ if found[name] and name not in baseline)
    other = {"NPY_DISABLE_CPU_FEATURES": off, "OPENBLAS_CORETYPE": "Nehalem", "CHARLM_KERNELS": "0"}
    assert checksums() == in_a_process("test_portable", "checksums", **other)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_computes_what_the_definition_computes(settings):
    model = coding(**settings).model
    portable, definition = PortableStepper(model), DefinitionStepper(model)
    states = portable.fresh(3), definition.fresh(3)
    for step in range(12):
        ids = np.array([step % 11, 3, 5])
        (logits, ours), (expected, theirs) = portable.step(ids, states[0]), definition.step(ids, states[1])
        states = ours, theirs
        assert logits.dtype == np.float64
        assert np.allclose(logits, expected, atol=2e-4)


def test_products_are_exact():
    """The sum of rounded factors' products, computed with fractions, is the product itself."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((1, 300)), rng.standard_normal((300, 1)) * np.exp(rng.normal(0, 5, (300, 1)))
    from charlm.compression.portable import SIGNIFICAND, WEIGHT_BITS, _rounded

    exact = _rounded(x, SIGNIFICAND - WEIGHT_BITS - 9)[0], _rounded(y, WEIGHT_BITS)[:, 0]
    expected = sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(*exact, strict=True))
    assert Fraction(float(exact_product(x, y)[0, 0])) == expected
    assert np.allclose(exact_product(x, y), x @ y, rtol=1e-4)


@pytest.mark.parametrize("operation", [np.sin, np.log10, lambda x: np.add.accumulate(x), lambda x: x.sum(initial=1.0)])
def test_operations_that_are_not_the_same_everywhere_are_refused(operation):
    with pytest.raises(UsageError, match="in the same way on every machine"):
        operation(np.ones(3).view(PortableArray))


def test_sums_are_taken_in_order():
    x = np.array([1e16, 1.0, -1e16, 1.0] * 5).view(PortableArray)
    expected = 0.0
    for each in x.tolist():
        expected += each
    assert x.sum() == expected
    assert x.reshape(1, 20).sum(-1, keepdims=True).shape == (1, 1)
