"""Numbers as a person reads them."""

from __future__ import annotations

import math

import pytest

from charlm.display.units import clock, in_bits, scientific, short


def test_nats_become_bits() -> None:
    assert in_bits(math.log(2)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (12.9, "0:12"), (59, "0:59"), (754, "12:34"), (3723, "1:02:03"), (9e5, "250:00:00")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (850.4, "850"), (999.6, "1.0k"), (41_234, "41.2k"), (999_960, "1.00M"), (1_115_394, "1.12M")],
)
def test_short(number: float, shown: str) -> None:
    assert short(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(4e-3, "4.00e-3"), (0.0, "0.00e0"), (1.0, "1.00e0"), (1e-12, "1.00e-12")]
)
def test_scientific(number: float, shown: str) -> None:
    assert scientific(number) == shown
