"""Lanes of running text, by small examples. tests/laws/test_lanes.py has the laws."""

import numpy as np
import pytest

from charlm.errors import TextError
from charlm.text.lanes import NO_TARGET, Lanes

TEXT = np.arange(12, dtype=np.uint8)  # eleven targets: segments of 5 and 6 for two lanes


def test_windows_are_time_first_and_a_shorter_lane_repeats_its_last_input():
    lanes = Lanes(TEXT, batch_size=2, seq_len=4)
    first, second = lanes.at(0), lanes.at(1)
    assert first.inputs.T.tolist() == [[0, 1, 2, 3], [5, 6, 7, 8]]
    assert first.targets.T.tolist() == [[1, 2, 3, 4], [6, 7, 8, 9]]
    assert first.reset.tolist() == [True, True]
    assert second.inputs.T.tolist() == [[4, 4], [9, 10]]
    assert second.targets.T.tolist() == [[5, NO_TARGET], [10, 11]]
    assert second.reset.tolist() == [False, False]


def test_lanes_rotate_by_one_segment_an_epoch():
    lanes = Lanes(TEXT, batch_size=2, seq_len=4)
    batch = lanes.at(lanes.windows_per_epoch)
    assert batch.epoch == 1
    assert batch.inputs[0].tolist() == [5, 0]
    assert batch.reset.tolist() == [False, True]


def test_a_single_lane_is_reset_every_epoch():
    lanes = Lanes(TEXT, batch_size=1, seq_len=4)
    resets = [bool(lanes.at(position).reset[0]) for position in range(3 * lanes.windows_per_epoch)]
    assert resets == [True, False, False] * 3


def test_gradients_are_not_cut_at_the_same_places_in_every_epoch():
    lanes = Lanes(np.zeros(1000, np.uint8), batch_size=1, seq_len=100)
    lanes_with_rest = Lanes(np.zeros(1011, np.uint8), batch_size=1, seq_len=100)
    for reader, at_least in ((lanes, 2), (lanes_with_rest, 20)):
        per_epoch = reader.windows_per_epoch
        firsts = {len(reader.at(epoch * per_epoch).inputs) for epoch in range(40)}
        assert len(firsts) >= at_least


def test_a_text_too_small_for_the_batch_shrinks_it_with_a_note():
    """char-rnn #15, torch-rnn #135."""
    lanes = Lanes(np.arange(51, dtype=np.uint8), batch_size=32, seq_len=20)
    assert (lanes.batch_size, lanes.seq_len) == (2, 20)
    assert lanes.notes == ("the text is short: batch_size is 2, not 32",)
    tiny = Lanes(np.arange(3, dtype=np.uint8), batch_size=32, seq_len=64)
    assert (tiny.batch_size, tiny.seq_len) == (1, 2)
    assert tiny.notes == (
        "the text is short: batch_size is 1, not 32",
        "the text is short: seq_len is 2, not 64",
    )


def test_a_large_text_is_cut_as_requested():
    lanes = Lanes(np.zeros(10_000, np.uint8), batch_size=32, seq_len=64)
    assert (lanes.batch_size, lanes.seq_len, lanes.notes) == (32, 64, ())


@pytest.mark.parametrize("length", [0, 1])
def test_a_text_without_targets_is_refused(length):
    with pytest.raises(TextError):
        Lanes(np.zeros(length, np.uint8), 4, 4)
