"""Places where the same units are on, and lines by their vectors."""

from __future__ import annotations

import numpy as np

from charlm.inspection.line_vectors import line_vectors, similarities
from charlm.inspection.matching import OnBits, find_matches
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_names import Value


def recorded_of(values, key=""):
    half = values.shape[1] // 2
    arrays = values[:, :half].astype(np.float16), values[:, half:].astype(np.float16)
    return Recorded((Value(1, "c", half), Value(2, "c", values.shape[1] - half)), arrays, key)


def test_bits_are_those_above_each_units_ninetieth_percentile():
    values = np.random.default_rng(1).normal(size=(1003, 20))
    recorded = recorded_of(values)
    on = OnBits.of(recorded)
    bits = np.unpackbits(on.bits, axis=1, count=1003)
    np.testing.assert_array_equal(bits.T, recorded.rows(slice(None)) > on.limits)
    assert abs(bits.mean() - 0.1) < 0.01
    np.testing.assert_array_equal(on.counts(np.arange(20)), bits.sum(axis=0))
    np.testing.assert_array_equal(on.units_on(13, 15), np.flatnonzero(bits[:, 13:15].all(axis=1)))


def test_the_planted_places_are_found_and_none_overlaps():
    values = np.random.default_rng(2).normal(size=(5000, 24))
    for place in (100, 1234, 4990):
        values[place : place + 6, 3:9] += 5
    on = OnBits.of(recorded_of(values))
    units = on.units_on(100, 106)
    assert set(range(3, 9)) <= set(units.tolist())
    matches = find_matches(on, units, 100, 106, 10)
    assert {one.first for one in matches[:2]} == {1234, 4990}
    assert matches[0].score > 0.9
    firsts = sorted([100, *(one.first for one in matches)])
    assert min(np.diff(firsts)) >= 6
    assert [one.score for one in matches] == sorted((one.score for one in matches), reverse=True)


def test_bits_are_kept_with_the_values(monkeypatch):
    recorded = recorded_of(np.random.default_rng(3).normal(size=(300, 8)), key="abc")
    made = OnBits.kept(recorded)
    monkeypatch.setattr(OnBits, "of", None)
    again = OnBits.kept(recorded)
    np.testing.assert_array_equal(made.bits, again.bits)
    np.testing.assert_array_equal(made.limits, again.limits)


def test_a_lines_vector_is_the_mean_of_its_values(monkeypatch):
    monkeypatch.setattr("charlm.inspection.line_vectors.PART", 100)
    values = np.random.default_rng(4).normal(size=(400, 6))
    recorded = recorded_of(values)
    starts, stops = np.array([0, 5, 100, 130]), np.array([4, 90, 120, 400])
    made = line_vectors(recorded, starts, stops)
    rows = recorded.rows(slice(None))
    expected = [rows[a:b].mean(axis=0) for a, b in zip(starts, stops, strict=True)]
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_a_line_is_most_like_itself():
    vectors = np.random.default_rng(5).normal(size=(30, 8)).astype(np.float32)
    vectors[:, 0] = 7  # a unit that never changes says nothing
    scores = similarities(vectors, vectors[11])
    assert scores.argmax() == 11
    assert scores[11] > 0.999
    assert (abs(scores) <= 1.0001).all()
