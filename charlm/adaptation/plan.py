"""How a model learns from nothing while it reads. Knows no torch, no text and no model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """After each `segment` symbols of all rows, one step of Adam on them, and `repeats` steps on earlier ones."""

    rate: float = 2e-3
    segment: int = 16
    repeats: int = 1
