"""The compiled n-gram equals the definition, and both are probabilities at every place."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.baselines.kneser_ney import KneserNey
from charlm.baselines.ngram import CompiledNGram, new_ngram
from charlm.kernels import library

compiled = pytest.mark.skipif(library() is None, reason="the kernels are not compiled here")
orders = pytest.mark.parametrize("order", [0, 1, 2, 6, 8])
modes = pytest.mark.parametrize("counting", [False, True])
V = 7


def text(length, seed=0, symbols=V):
    """A text with structure: each symbol depends on the two before it, three times of four."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, symbols, length)
    for at in range(2, length):
        if rng.random() < 0.75:
            ids[at] = (ids[at - 1] * 3 + ids[at - 2]) % symbols
    return ids.astype(np.uint8)


def forms():
    return [KneserNey, *([CompiledNGram] if library() is not None else [])]


@compiled
@orders
@modes
def test_the_compiled_form_equals_the_definition_at_every_place(order, counting):
    readers = []
    for form in (KneserNey, CompiledNGram):
        counts = form(order, V)
        counts.count(text(400))
        readers.append(counts.reader(counting))
    one, other = (reader.read(text(300, seed=1)) for reader in readers)
    np.testing.assert_allclose(one, other, atol=1e-11)


@compiled
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 8), st.integers(1, 4), st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 3)),
    st.booleans(),
)  # fmt: skip
def test_the_compiled_form_equals_the_definition_in_any_text(order, symbols, before, ids, counting):
    before, ids = (np.array(each, np.int64) % symbols for each in (before, ids))
    found = []
    for form in (KneserNey, CompiledNGram):
        counts = form(order, symbols)
        counts.count(before)
        found.append(counts.reader(counting).read(ids))
    np.testing.assert_allclose(*found, atol=1e-11)


@pytest.mark.parametrize("form", forms())
@orders
@modes
def test_every_distribution_sums_to_1_and_has_no_zero(form, order, counting):
    counts = form(order, V + 2)  # two symbols that never occur
    counts.count(text(500))
    found = counts.reader(counting).read(text(200, seed=1))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("form", forms())
@modes
def test_blocks_single_steps_and_nats_are_the_same_reading(form, counting):
    ids = text(90, seed=2)
    found = []
    for way in ("at once", "in blocks", "step by step", "nats"):
        counts = form(3, V)
        counts.count(text(200))
        reader = counts.reader(counting)
        rows = np.arange(len(ids))
        if way == "at once":
            found.append(-reader.read(ids)[rows, ids])
        elif way == "in blocks":
            parts = np.split(ids, [1, 40, 40, 77])
            found.append(np.concatenate([-reader.read(part)[np.arange(len(part)), part] for part in parts]))
        elif way == "nats":
            found.append(reader.nats(ids))
        else:
            steps = []
            for symbol in ids.tolist():
                steps.append(-np.log(reader.distribution()[symbol]))
                reader.take(symbol)
            found.append(np.array(steps))
    for other in found[1:]:
        np.testing.assert_allclose(found[0], other, atol=1e-12)


@pytest.mark.parametrize("form", forms())
def test_counting_while_it_reads_leaves_the_counts_of_counting_at_once(form):
    one, other = form(4, V), form(4, V)
    one.count(text(300))
    other.reader(counting=True).read(text(300))
    ids = text(50, seed=3)
    np.testing.assert_array_equal(one.reader(False).read(ids), other.reader(False).read(ids))


@pytest.mark.parametrize("form", forms())
def test_reading_without_counting_changes_nothing(form):
    counts = form(4, V)
    counts.count(text(300))
    ids = text(50, seed=3)
    np.testing.assert_array_equal(counts.reader(False).read(ids), counts.reader(False).read(ids))


@compiled
def test_an_id_outside_of_the_vocabulary_is_refused_before_it_is_written():
    counts = CompiledNGram(2, 3)
    for ids in ([0, 3], [-1]):
        with pytest.raises(ValueError, match="vocabulary"):
            counts.count(np.array(ids))
        with pytest.raises(ValueError, match="vocabulary"):
            counts.reader(False).read(np.array(ids))


@compiled
def test_threads_may_share_an_ngram():
    counts = CompiledNGram(5, V)
    counts.count(text(1000))
    expected = counts.reader(False).nats(text(1000, seed=4))
    found = []

    def read():
        found.append(counts.reader(False).nats(text(1000, seed=4)))

    others = CompiledNGram(5, V)
    counters = [threading.Thread(target=lambda: others.count(text(3000))) for _ in range(2)]
    threads = [threading.Thread(target=read) for _ in range(3)] + counters
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((each == expected).all() for each in found)
    assert len(found) == 3


@compiled
def test_the_fast_form_is_taken_if_there_is_one(monkeypatch):
    assert isinstance(new_ngram(6, V), CompiledNGram)
    monkeypatch.setattr("charlm.baselines.ngram.library", lambda: None)
    assert isinstance(new_ngram(6, V), KneserNey)


@pytest.mark.parametrize("order", [-1, 9])
def test_an_order_out_of_range_is_refused(order):
    with pytest.raises(ValueError, match="0 to 8"):
        new_ngram(order, V)


def test_longer_contexts_predict_a_text_with_structure_better():
    nats = []
    for order in (0, 1, 2):
        counts = new_ngram(order, V)
        counts.count(text(5000))
        nats.append(counts.reader(False).nats(text(2000, seed=5)).mean())
    assert nats[0] > nats[2] + 0.3


@pytest.mark.parametrize("form", forms())
@modes
def test_a_text_of_its_own_is_read_side_by_side_as_alone(form, counting):
    counts = form(3, V)
    counts.count(text(200))
    reader, rows = counts.copy().reader(counting), counts.copy().side_by_side(1, counting)
    ids = text(100, seed=1)
    found = [rows.step(np.array([-1]))[0]]
    found += [rows.step(ids[at : at + 1])[0] for at in range(len(ids) - 1)]
    np.testing.assert_allclose(np.log(found), reader.read(ids), atol=1e-12)


@compiled
@pytest.mark.parametrize("order", [1, 4])
def test_texts_side_by_side_are_read_alike_by_both_forms(order):
    """A text may stay where it is, the last one may end, and from some place on none is counted."""
    ids = text(3 * 60).reshape(60, 3).astype(np.int64)
    ids[7, 1] = ids[8, 2] = -1
    found = []
    for form in (KneserNey, CompiledNGram):
        rows = form(order, V).side_by_side(3, counting=True)
        steps = []
        for at, step in enumerate(ids):
            if at == 40:
                rows.keep(2)
            rows.counting = at < 50
            steps.append(rows.step(step[: 3 if at < 40 else 2]))
        found.append(np.concatenate(steps))
    np.testing.assert_allclose(found[0], found[1], atol=1e-12)
    np.testing.assert_allclose(found[0].sum(axis=1), 1, atol=1e-12)


@pytest.mark.parametrize("form", forms())
def test_a_copy_has_counts_of_its_own(form):
    counts = form(2, V)
    counts.count(text(50))
    copy = counts.copy()
    before = copy.reader(False).read(text(20, seed=1))
    counts.count(text(90, seed=3))
    assert (copy.reader(False).read(text(20, seed=1)) == before).all()
    assert (counts.reader(False).read(text(20, seed=1)) != before).any()
