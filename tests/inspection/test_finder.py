"""The finder finds the unit that a model has learned, and nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.evaluation.roc import roc
from charlm.inspection.finder import find_units
from charlm.inspection.probes import PROBES, Probe
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_names import Unit, Value

N, U = 12_000, 12


def telegraph(seed, change=0.02, size=N):
    """A property that holds for some fifty characters, and then does not for as long."""
    return np.cumsum(np.random.default_rng(seed).random(size) < change) % 2 == 1


def recorded_of(values):
    return Recorded((Value(1, "c", values.shape[1]),), (values.astype(np.float16),))


def slow_noise(seed, size=N, units=U):
    """Values that remember, as those of a network do: neighbours are alike."""
    noise = np.random.default_rng(seed).normal(size=(size, units))
    values = np.zeros((size, units))
    for at in range(1, size):
        values[at] = 0.95 * values[at - 1] + 0.3 * noise[at]
    return values


def probe_of(values):
    return Probe("made", "made", lambda text: values)


def find(values, *probes, **named):
    return find_units(recorded_of(values), "x" * len(values), np.arange(len(values)), probes, **named)


def test_a_unit_that_tracks_a_property_is_found_with_its_direction_and_its_area():
    values, holds = slow_noise(1), telegraph(2)
    values[:, 3] -= 2.0 * holds
    (result,) = find(values, probe_of(holds))
    best = result.units[0]
    assert (best.unit, best.sign, result.kind) == (Unit(1, 3), -1, "area")
    half = N // 2
    expected = roc(-values[half:, 3].astype(np.float16).astype(np.float32), holds[half:]).area
    assert best.score == pytest.approx(expected, abs=2e-3)
    assert 0.5 < result.level < best.score


@pytest.mark.parametrize("holes", [False, True])
def test_a_unit_that_tracks_a_number_is_found_with_its_correlation(holes):
    values = slow_noise(3)
    number = np.arange(N) % 60 + np.random.default_rng(0).normal(size=N)
    values[:, 5] += number / 10
    number[::7] = np.nan if holes else number[::7]
    (result,) = find(values, probe_of(number))
    known = np.isfinite(number[N // 2 :])
    expected = np.corrcoef(number[N // 2 :][known], values[N // 2 :, 5][known])[0, 1]
    assert (result.units[0].unit, result.kind) == (Unit(1, 5), "correlation")
    assert result.units[0].score == pytest.approx(expected, abs=2e-3)


def test_a_unit_that_only_the_first_half_agrees_with_is_not_found():
    values, holds = slow_noise(4), telegraph(5)
    values[: N // 2, 2] += 3.0 * holds[: N // 2]
    (result,) = find(values, probe_of(holds))
    assert Unit(1, 2) not in [one.unit for one in result.units]


def test_chance_passes_as_rarely_as_it_should():
    """Of 60 properties that have nothing to do with the units, about 60 / 21 pass."""
    values = slow_noise(6)
    results = find(values, *(probe_of(telegraph(100 + seed)) for seed in range(60)))
    assert sum(bool(one.units) for one in results) <= 8


def test_what_the_untrained_network_has_too_is_not_found():
    values, holds = slow_noise(7), telegraph(8)
    values[:, 1] += 1.0 * holds
    values[:, 4] += 3.0 * holds
    fresh = slow_noise(9)
    fresh[:, 0] += 2.0 * holds
    (alone,) = find(values, probe_of(holds))
    assert {Unit(1, 1), Unit(1, 4)} <= {one.unit for one in alone.units}
    (result,) = find(values, probe_of(holds), untrained=recorded_of(fresh))
    assert [one.unit for one in result.units] == [Unit(1, 4)]
    assert alone.level < result.echo < result.units[0].score
    (same,) = find(values, probe_of(holds), untrained=recorded_of(values))
    assert same.units == ()


def test_a_property_that_never_holds_or_always_does_is_a_problem_and_no_error():
    values = slow_noise(10)
    never, always, first = np.zeros(N, bool), np.ones(N, bool), np.arange(N) < N // 2
    same, unknown = np.ones(N), np.full(N, np.nan)
    results = find(values, *map(probe_of, (never, always, first, same, unknown)))
    assert [
        next(words for words in ("0 characters of the first", "nearly everywhere", "no two") if words in one.problem)
        for one in results
    ] == ["0 characters of the first", "nearly everywhere", "nearly everywhere", "no two", "no two"]
    assert all(one.units == () and one.best is None for one in results)


def test_a_unit_that_never_changes_is_no_finding():
    values = np.zeros((N, 3))
    for one in find(values, probe_of(telegraph(1)), PROBES["column"]):
        assert one.units == ()
