"""The rule behind `auto`: what changes with time, text and width, and in which direction."""

import itertools

import pytest

from charlm.training.rule import (
    CROWDED,
    LANES,
    LANGUAGE,
    MOST_LANES,
    MOST_TIMES,
    MOST_VALIDATIONS,
    PAIRS,
    READ_PER_PARAMETER,
    VALIDATED,
    WIDTHS,
    Candidate,
    best_width,
    enough,
    lanes,
    seconds_to_validate,
    settings_for,
    validations,
    weight_decay,
)


def candidates(read_parameters):
    """Models whose speed falls with their size: characters times parameters stay the same."""
    return [Candidate(width, 12 * width**2, read_parameters / (12 * width**2)) for width in WIDTHS]


def test_more_time_never_makes_the_model_narrower():
    widths = [best_width(candidates(10.0**power), 10**9).hidden_size for power in range(6, 17)]
    assert widths == sorted(widths)
    assert widths[0] == WIDTHS[0]
    assert widths[-1] == WIDTHS[-1]


def test_a_model_is_wider_where_its_width_costs_little_time():
    """On a GPU, and for narrow models anywhere, an update takes nearly as long whatever its width."""
    dear, free = candidates(1e12), [Candidate(width, 12 * width**2, 1e12 / (12 * 96**2)) for width in WIDTHS]
    assert best_width(free, 10**9).hidden_size > best_width(dear, 10**9).hidden_size


def test_where_time_is_all_products_a_model_reads_so_often_what_it_has_parameters():
    found = best_width(candidates(1e12), 10**9)
    assert found.characters / found.parameters == pytest.approx(READ_PER_PARAMETER, rel=0.3)


def test_a_shorter_text_never_makes_the_model_wider():
    models = [best_width(candidates(1e16), 10**power) for power in range(10)]
    assert [model.hidden_size for model in models] == sorted(model.hidden_size for model in models)
    assert models[0].hidden_size == WIDTHS[0] < models[-1].hidden_size
    bounded = [(model.parameters, 10**power) for power, model in enumerate(models) if power > 5]
    assert all(parameters <= LANGUAGE.parameters_per_character * length for parameters, length in bounded)


def test_a_text_that_is_read_often_has_more_weight_decay():
    found = [weight_decay(crowding) for crowding in (0.0, 1.0, CROWDED, CROWDED + 0.01, 1e3)]
    assert found == [0.1, 0.1, 0.1, 0.2, 0.2]


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


@pytest.mark.parametrize("speed", [1e3, 1e5])
def test_validations_take_at_most_their_share_of_the_time_but_there_is_one(speed):
    each = seconds_to_validate(100_000, speed)
    found = [validations(seconds, each) for seconds in (1, 15, 60, 97, 600, 10_000)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (1, MOST_VALIDATIONS)
    for seconds, number in zip((1, 15, 60, 97, 600, 10_000), found, strict=True):
        assert number == 1 or number * each <= VALIDATED * seconds


def test_without_anything_to_validate_on_the_number_does_not_matter():
    assert validations(15, seconds_to_validate(0, 1e4)) == MOST_VALIDATIONS


@pytest.mark.parametrize(("updates", "chosen"), [({64: 775, 128: 376}, 64), ({64: 3800, 128: 1860}, 112)])
def test_pairs_have_the_width_that_scored_best_in_as_long(updates, chosen):
    """The trainings of docs/pairs.md: 128 words and their sounds an update, 930 characters; an attending lstm."""
    parameters = {48: 132_054, 64: 207_878, 80: 301_110, 96: 411_750, 112: 539_798, 128: 685_254, 160: 1_028_390}
    slope = (1 / updates[128] - 1 / updates[64]) / (parameters[128] - parameters[64])
    seconds = {width: 1 / updates[64] + slope * (size - parameters[64]) for width, size in parameters.items()}
    models = [Candidate(width, size, 930 / seconds[width]) for width, size in parameters.items()]
    assert best_width(models, 150_000, PAIRS).hidden_size == chosen


def test_a_model_of_pairs_may_be_wider_and_learns_more_slowly():
    alone, pairs = (best_width(candidates(1e13), 100_000, of) for of in (LANGUAGE, PAIRS))
    assert alone.hidden_size < pairs.hidden_size
    alone, pairs = (settings_for(Candidate(64, 200_000, 1e6), 10**5, "lstm", of) for of in (LANGUAGE, PAIRS))
    assert pairs["training.learning_rate"] < alone["training.learning_rate"] / 2
