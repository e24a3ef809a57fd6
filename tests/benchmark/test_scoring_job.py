"""Scoring jobs: both ways give the same score, and repeated reading is counted."""

import pytest

from charlm.benchmark.scoring_job import (
    PARTS,
    bits_of_one_stream,
    measure_scoring_cost,
    one_stream_job,
    scoring_job,
)
from charlm.benchmark.workload import chosen_stepper, model_settings_of, random_ids, random_model
from charlm.cells.table import CELLS
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.scoring import LANE, score_stream


@pytest.mark.parametrize("cell", CELLS)
def test_the_exact_score_is_the_score_of_one_stream(cell):
    settings, ids = model_settings_of(cell, 2, 16), random_ids(1000)
    exact = score_stream(NumpyScorer(random_model(settings)), ids).bits_per_character
    # the stream's weights are bfloat16
    assert bits_of_one_stream(chosen_stepper(settings), ids) == pytest.approx(exact, abs=5e-4)


def test_both_jobs_count_all_characters_but_the_first():
    settings, ids = model_settings_of("lstm", 1, 8), random_ids(101)
    assert scoring_job(NumpyScorer(random_model(settings)), ids).characters == 100
    assert one_stream_job(chosen_stepper(settings), ids).characters == 100


def test_characters_that_are_read_again_are_counted():
    settings = model_settings_of("lstm", 1, 8)
    scorer = NumpyScorer(random_model(settings))
    assert measure_scoring_cost(scorer, random_ids(101)).readings == 1  # one lane
    cost = measure_scoring_cost(scorer, random_ids(2 * LANE + 1))  # two lanes
    assert 1 < cost.readings < 1.5
    assert tuple(cost.parts) == PARTS
