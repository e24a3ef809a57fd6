"""The rule behind `auto`: what changes with time, text and width, and in which direction."""

import itertools

import pytest

from charlm.training.rule import (
    LANES,
    MOST_LANES,
    MOST_TIMES,
    PARAMETERS_PER_CHARACTER,
    WIDTHS,
    Candidate,
    best_width,
    enough,
    lanes,
    settings_for,
)


def candidates(read_parameters):
    """Models whose speed falls with their size: characters times parameters stay the same."""
    return [Candidate(width, 12 * width**2, read_parameters / (12 * width**2)) for width in WIDTHS]


def test_more_time_never_makes_the_model_narrower():
    widths = [best_width(candidates(10.0**power), 10**9).hidden_size for power in range(6, 17)]
    assert widths == sorted(widths)
    assert widths[0] == WIDTHS[0]
    assert widths[-1] == WIDTHS[-1]


def test_a_shorter_text_never_makes_the_model_wider():
    models = [best_width(candidates(1e16), 10**power) for power in range(10)]
    assert [model.hidden_size for model in models] == sorted(model.hidden_size for model in models)
    assert models[0].hidden_size == WIDTHS[0] < models[-1].hidden_size
    assert all(
        model.parameters <= PARAMETERS_PER_CHARACTER * 10**power for power, model in enumerate(models) if power > 5
    )


@pytest.mark.parametrize("characters", [1, 1000, 10**5, 10**7])
def test_a_text_is_read_so_often_and_no_more_and_never_more_than_there_is_time_for(characters):
    for read in (1.0, 1e5, 1e8, 1e12):
        found = enough(Candidate(96, 120_000, read), characters)
        assert found.characters <= read
        assert found.characters == read or found.characters >= MOST_TIMES * characters**1.5
    assert enough(Candidate(96, 120_000, 1e12), characters).characters < 1e12


@pytest.mark.parametrize("characters", [1, 10_000, 1_000_000, 100_000_000])
@pytest.mark.parametrize("read", [1e3, 1e6, 1e9])
def test_every_setting_is_within_its_bounds(characters, read):
    found = settings_for(Candidate(96, 120_000, read), characters, "lstm")
    assert 0 <= found["model.dropout"] <= 0.5
    assert 0 < found["training.learning_rate"] < 0.05
    assert 0 <= found["training.average"] < 1


def test_the_more_often_a_text_is_read_the_more_is_dropped():
    dropped = [
        settings_for(Candidate(96, 120_000, 1e7), n, "mut1")["model.dropout"] for n in (10**8, 10**6, 10**5, 10**4)
    ]
    assert dropped == sorted(dropped)
    assert dropped[0] == 0 < dropped[-1]


def test_a_wider_model_has_a_lower_rate():
    def rates(cell):
        models = (Candidate(width, 12 * width**2, 1e6) for width in WIDTHS)
        return [settings_for(model, 10**6, cell)["training.learning_rate"] for model in models]

    assert all(wider < narrower for narrower, wider in itertools.pairwise(rates("mut1")))
    assert all(lstm > other for lstm, other in zip(rates("lstm"), rates("mut1"), strict=True))


def test_short_records_have_more_lanes_so_that_an_update_has_enough_characters():
    found = [lanes(characters) for characters in (1, 5, 14, 30, 50, 64, 10_000)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1], lanes(64)) == (MOST_LANES, LANES, LANES)
    assert all(800 <= lanes(each) * each <= 1200 for each in (9, 14, 30, 50, 64))
