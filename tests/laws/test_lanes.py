"""The law of lanes: an epoch reads every character once and in order, from any position."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.text.lanes import NO_TARGET, Batch, Lanes, Reader
from charlm.text.records.record_lanes import RecordLanes

pytestmark = pytest.mark.portable

END = 0

shapes = st.tuples(st.integers(1, 9), st.integers(1, 12))
running = st.tuples(st.integers(2, 300), *[st.integers(1, 9), st.integers(1, 12)])
records = st.lists(st.lists(st.integers(1, 5), max_size=14), min_size=1, max_size=40).filter(any)


def positions(length: int) -> np.ndarray:
    """A text in which each id is its position, so that a target tells which character it is."""
    return np.arange(length, dtype=np.uint32)


def joined(items: list[list[int]], ends_with_newline: bool) -> np.ndarray:
    text = [symbol for item in items for symbol in (*item, END)]
    return np.array(text if ends_with_newline else text[:-1], np.uint8)


def epoch(reader: Reader, number: int) -> list[Batch]:
    start = number * reader.windows_per_epoch
    return [reader.at(start + window) for window in range(reader.windows_per_epoch)]


def columns(windows: list[Batch]) -> list[tuple[list[int], list[int]]]:
    """The inputs and targets of each record that was read, without padding. A reset starts a new record."""
    read = []
    for batch in windows:
        for row in range(batch.inputs.shape[1]):
            if batch.reset[row]:
                read.append((row, [], []))
            inputs, targets = next(found[1:] for found in reversed(read) if found[0] == row)
            real = batch.targets[:, row] != NO_TARGET
            inputs.extend(batch.inputs[real, row].tolist())
            targets.extend(batch.targets[real, row].tolist())
    return [(inputs, targets) for _, inputs, targets in read if targets]


@settings(deadline=None, max_examples=75)
@given(running, st.integers(0, 5))
def test_each_character_after_the_first_is_a_target_exactly_once_per_epoch(shape, number):
    length, batch_size, seq_len = shape
    lanes = Lanes(positions(length), batch_size, seq_len)
    targets = np.concatenate([batch.targets.ravel() for batch in epoch(lanes, number)])
    assert sorted(targets[targets != NO_TARGET]) == list(range(1, length))
    assert lanes.characters_per_epoch == length - 1


@settings(deadline=None, max_examples=75)
@given(running, st.integers(0, 5))
def test_targets_are_inputs_shifted_by_one(shape, number):
    length, batch_size, seq_len = shape
    for batch in epoch(Lanes(positions(length), batch_size, seq_len), number):
        real = batch.targets != NO_TARGET
        assert (batch.targets[real] == batch.inputs[real] + 1).all()
        assert (batch.inputs < length).all()


@settings(deadline=None, max_examples=75)
@given(running)
def test_a_lane_continues_where_it_stopped_unless_it_is_reset(shape):
    length, batch_size, seq_len = shape
    lanes = Lanes(positions(length), batch_size, seq_len)
    assert lanes.at(0).reset.all()
    last = None
    for position in range(3 * lanes.windows_per_epoch):
        batch = lanes.at(position)
        for lane in range(lanes.batch_size):
            real = batch.targets[:, lane][batch.targets[:, lane] != NO_TARGET]
            if batch.reset[lane]:
                assert position == 0 or batch.inputs[0, lane] == 0
            elif len(real):
                assert batch.inputs[0, lane] == last[lane]
        last = batch.inputs[-1] + 1  # the last target, also of a lane that repeated its input


@settings(deadline=None, max_examples=100)
@given(running, st.integers(0, 4))
def test_after_epoch_0_only_the_lane_at_the_start_of_the_text_is_reset(shape, number):
    length, batch_size, seq_len = shape
    lanes = Lanes(positions(length), batch_size, seq_len)
    windows = epoch(lanes, number + 1)
    assert windows[0].reset.sum() == 1
    assert windows[0].inputs[0, windows[0].reset] == [0]
    assert not any(batch.reset.any() for batch in windows[1:])


@settings(deadline=None, max_examples=100)
@given(running)
def test_every_lane_of_a_small_text_has_a_whole_window(shape):
    length, batch_size, seq_len = shape
    lanes = Lanes(positions(length), batch_size, seq_len)
    assert lanes.seq_len == min(seq_len, length - 1)
    assert lanes.batch_size == min(batch_size, max(1, (length - 1) // lanes.seq_len))
    assert len(lanes.notes) == (lanes.batch_size != batch_size) + (lanes.seq_len != seq_len)
    longest_segment = math.ceil((length - 1) / lanes.batch_size)
    assert lanes.windows_per_epoch == math.ceil(longest_segment / lanes.seq_len)


@settings(deadline=None, max_examples=75)
@given(records, st.booleans(), shapes, st.integers(0, 3), st.integers(0, 2**63))
def test_each_record_is_read_once_with_its_end_from_a_fresh_state(items, ended, shape, number, seed):
    reader = RecordLanes(joined(items, ended), END, *shape, seed)
    read = columns(epoch(reader, number))
    assert all(inputs[0] == END and targets[-1] == END for inputs, targets in read)
    assert all(inputs[1:] == targets[:-1] for inputs, targets in read)
    assert Counter(tuple(targets[:-1]) for _, targets in read) == Counter(tuple(item) for item in items if item)
    assert reader.characters_per_epoch == sum(len(item) + 1 for item in items if item)


def readers(length: int, items: list[list[int]], shape: tuple[int, int], seed: int) -> list[Reader]:
    return [Lanes(positions(length), *shape), RecordLanes(joined(items, True), END, *shape, seed)]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 200), records, shapes, st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_random_access_gives_the_same_batches_as_reading_in_order(length, items, shape, seed, random):
    for sequential, sought in zip(*(readers(length, items, shape, seed) for _ in range(2)), strict=True):
        read = [sequential.at(position) for position in range(3 * sequential.windows_per_epoch)]
        order = list(range(len(read)))
        random.shuffle(order)
        for position in order:
            found = sought.at(position)
            assert found.epoch == read[position].epoch == position // sequential.windows_per_epoch
            np.testing.assert_array_equal(found.inputs, read[position].inputs)
            np.testing.assert_array_equal(found.targets, read[position].targets)
            np.testing.assert_array_equal(found.reset, read[position].reset)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 200), records, shapes, st.integers(0, 2**32))
def test_characters_before_counts_the_targets_read(length, items, shape, seed):
    for reader in readers(length, items, shape, seed):
        count = 0
        for position in range(3 * reader.windows_per_epoch):
            assert reader.characters_before(position) == count
            assert reader.epoch_at(position) == pytest.approx(count / reader.characters_per_epoch)
            batch = reader.at(position)
            assert batch.inputs.shape == batch.targets.shape
            assert 1 <= len(batch.inputs) <= reader.seq_len
            assert batch.inputs.shape[1] == reader.batch_size
            assert batch.inputs.dtype == batch.targets.dtype == np.int64
            count += int((batch.targets != NO_TARGET).sum())
