"""The device and precision of a training, as its settings ask for them."""

from __future__ import annotations

import pytest

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import precision
from charlm.engines.precision import compute_for


@pytest.mark.parametrize(
    ("training", "asked"),
    [
        ({"threads": 3}, ("cpu", "auto", 3)),
        ({"precision": "bf16"}, ("cpu", "bf16", None)),
        ({"ordered_sum": True}, ("cpu", "auto", 1)),  # another number of threads gives other bits
        ({"ordered_sum": True, "threads": 2}, ("cpu", "auto", 2)),
    ],
)
def test_what_the_settings_ask_for(monkeypatch, training, asked):
    asked_for = []

    def choose_compute(*given):
        asked_for.append(given)
        return Compute("cpu", "fp32", "a CPU", 1)

    monkeypatch.setattr(precision, "choose_compute", choose_compute)
    settings = Settings.model_validate({"training": {"device": "cpu", **training}})
    assert compute_for(settings) == Compute("cpu", "fp32", "a CPU", 1)
    assert asked_for == [asked]
