"""The learning curve that a run has recorded, as points of (characters read, bits per character)."""

from __future__ import annotations

from charlm.display.loss_plot import learning_curve
from charlm.runs import Run, read_metrics

Line = list[tuple[float, float]]


def recorded_curve(run: Run) -> tuple[Line, Line]:
    """The training score and the scores of the validations, in order; empty if nothing is recorded."""
    try:
        train, valid = learning_curve(list(read_metrics(run.metrics)))
    except (OSError, KeyError, TypeError):  # the file cannot be read, or a row is not as charlm writes it
        return [], []
    return (
        [(characters, score) for _, characters, _, score in train],
        [(characters, bits) for _, characters, bits in valid],
    )
