"""A network that forgets is told from one that does not, and both are scored exactly."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.benchmark.scoring_job import bits_of_one_stream
from charlm.benchmark.workload import definition_stepper, random_ids, random_model
from charlm.config.settings import ModelSettings
from charlm.evaluation import scoring
from charlm.evaluation.forgetting import forgets
from charlm.evaluation.scorers import NumpyScorer

FORGETS = {"lstm": True, "gru": True, "rnn": True, "clockwork": True, "lstm97": False}


@pytest.mark.parametrize(("cell", "expected"), FORGETS.items())
def test_cells_are_told_apart_and_scored_exactly(cell, expected, monkeypatch):
    settings, ids = ModelSettings(cell=cell, num_layers=1, hidden_size=32), random_ids(3000)
    scorer, rows = NumpyScorer(random_model(settings)), []
    assert forgets(scorer, ids) is expected

    class Watched(NumpyScorer):
        def nats(self, inputs, targets, state):
            rows.append(inputs.shape[1])
            return super().nats(inputs, targets, state)

    monkeypatch.setattr(scoring, "LONG", 1000)
    score = scoring.score_stream(Watched(random_model(settings)), ids, scoring.LANES)
    assert (max(rows) > 2) is expected  # in lanes, or as one stream
    assert score.bits_per_character == pytest.approx(bits_of_one_stream(definition_stepper(settings), ids), abs=1e-5)


def test_two_states_that_are_equal_need_not_draw_near():
    model = random_model(ModelSettings(cell="rnn", num_layers=1, hidden_size=8))
    still = {name: np.zeros_like(value) for name, value in model.parameters.items()}
    assert forgets(NumpyScorer(type(model)(model.settings, still)), random_ids(500))
