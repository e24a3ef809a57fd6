import pytest

from charlm.benchmark.scoring_job import PARTS, bits_of_one_stream, cost_of_scoring, one_stream, scoring
from charlm.benchmark.workload import language_model, model_of, random_ids, stepper_of
from charlm.cells.table import CELLS
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.scoring import score_stream


@pytest.mark.parametrize("cell", CELLS)
def test_the_exact_score_is_that_of_one_stream(cell):
    model, ids = model_of(cell, 2, 16), random_ids(1000)
    exact = score_stream(NumpyScorer(language_model(model)), ids).bits_per_character
    assert bits_of_one_stream(stepper_of(model), ids) == pytest.approx(exact, abs=1e-4)


def test_both_ways_handle_all_characters_but_the_first():
    model, ids = model_of("lstm", 1, 8), random_ids(101)
    assert scoring(NumpyScorer(language_model(model)), ids).characters == 100
    assert one_stream(stepper_of(model), ids).characters == 100


def test_what_is_read_again_is_counted():
    model = model_of("lstm", 1, 8)
    engine = NumpyScorer(language_model(model))
    assert cost_of_scoring(engine, random_ids(101)).readings == 1  # one lane
    cost = cost_of_scoring(engine, random_ids(2001))
    assert 1 < cost.readings < 4
    assert tuple(cost.parts) == PARTS
