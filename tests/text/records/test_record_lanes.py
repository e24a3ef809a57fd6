"""Records: their order, padding and windows."""

import numpy as np
import pytest

from charlm.errors import TextError
from charlm.text.lanes import NO_TARGET, Lanes
from charlm.text.records.record_lanes import RecordLanes, open_reader
from charlm.text.vocabulary import Vocabulary

NAMES = "emma\nolivia\nava\n\nisabella\nmia\namelia\nharper\nevelyn\n"


def reader_of(text, batch_size=3, seq_len=64, seed=1):
    vocabulary = Vocabulary.of(text)
    return RecordLanes(vocabulary.encode(text).ids, vocabulary.newline, batch_size, seq_len, seed), vocabulary


def read_epoch(reader, vocabulary, number):
    """The records of an epoch in their order, if each fits into one window."""
    names = []
    for window in range(reader.windows_per_epoch):
        targets = reader.at(number * reader.windows_per_epoch + window).targets
        names += [vocabulary.decode(column[column != NO_TARGET]) for column in targets.T]
    return [name for name in names if name]


def test_inputs_begin_and_targets_end_with_the_end_id():
    reader, vocabulary = reader_of("ab\ncde")
    batch = reader.at(0)
    shown = sorted((vocabulary.decode(batch.inputs[:, row]), batch.targets[:, row].tolist()) for row in range(2))
    end, *letters = (vocabulary.symbols.index(letter) for letter in "\nabcde")
    assert shown == [("\nab\n", [*letters[:2], end, NO_TARGET]), ("\ncde", [*letters[2:], end])]
    assert batch.reset.all()


def test_empty_lines_are_no_records():
    reader, vocabulary = reader_of("\n\nab\n\n\nc\n\n")
    assert sorted(read_epoch(reader, vocabulary, 0)) == ["ab\n", "c\n"]
    assert reader.characters_per_epoch == 5


def test_the_order_depends_on_epoch_and_seed_only():
    orders = [read_epoch(*reader_of(NAMES, seed=seed), epoch) for seed in (1, 2) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == sorted(f"{name}\n" for name in NAMES.split()) for order in orders)
    assert read_epoch(*reader_of(NAMES, seed=1), 1) == orders[1]


def test_a_long_record_continues_in_the_next_window_without_a_reset():
    reader, vocabulary = reader_of("abcdefghij\nk\n", batch_size=2, seq_len=4)
    assert reader.windows_per_epoch == 3
    windows = [reader.at(position) for position in range(3)]
    assert [len(batch.inputs) for batch in windows] == [4, 4, 3]
    assert [batch.reset.tolist() for batch in windows] == [[True, True], [False, False], [False, False]]
    long = int(np.argmax((windows[1].targets != NO_TARGET).any(axis=0)))
    assert vocabulary.decode(np.concatenate([batch.targets[:, long] for batch in windows])) == "abcdefghij\n"


def test_records_of_different_lengths_need_little_padding():
    lengths = [1 + number % 50 for number in range(1000)]
    reader, _ = reader_of("".join("a" * length + "\n" for length in lengths), batch_size=8)
    padding = [(reader.at(position).targets == NO_TARGET).mean() for position in range(reader.windows_per_epoch)]
    assert np.mean(padding) < 0.1  # unsorted it is close to a half


def test_too_few_records_shrink_the_batch_with_a_note():
    reader, _ = reader_of("ab\nc\n", batch_size=32)
    assert reader.batch_size == 2
    assert reader.notes == ("the text is short: batch_size is 2, not 32",)


def test_a_text_of_empty_lines_has_no_records():
    with pytest.raises(TextError):
        RecordLanes(np.zeros(5, np.uint8), 0, 2, 4, 1)


def test_an_end_id_decides_which_reader_is_opened():
    ids = np.array([0, 1, 2, 0, 1, 0], np.uint8)
    assert isinstance(open_reader(ids, 2, 2), Lanes)
    assert isinstance(open_reader(ids, 2, 2, end_id=0, seed=3), RecordLanes)
