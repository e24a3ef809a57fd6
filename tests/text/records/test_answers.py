"""Records of a question and an answer: which of their characters count."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import Settings, TextSettings
from charlm.errors import TextError
from charlm.text.lanes import NO_TARGET
from charlm.text.records.answers import ALL, Scored, scored_mask, scored_part
from charlm.text.records.record_lanes import RecordLanes
from charlm.text.vocabulary import Vocabulary

TEXT = "ab>ab\nc>cc\nabcde>e\n>b\nac>ab>c\n"
ANSWERS = ["ab\n", "cc\n", "e\n", "b\n", "ab>c\n"]


def reader_of(text=TEXT, end=True, seq_len=64, batch_size=2):
    vocabulary = Vocabulary.of(text)
    scored = Scored(vocabulary.symbols.index(">"), end)
    ids = vocabulary.encode(text).ids
    return RecordLanes(ids, vocabulary.newline, batch_size, seq_len, 1, scored), vocabulary, ids, scored


def answers_of(reader, vocabulary):
    """The targets of each record of an epoch, if each fits into one window."""
    found = []
    for position in range(reader.windows_per_epoch):
        targets = reader.at(position).targets
        found += [vocabulary.decode(column[column != NO_TARGET]) for column in targets.T]
    return sorted(filter(None, found))


@pytest.mark.parametrize("end", [True, False])
def test_only_what_follows_the_first_mark_is_a_target(end):
    reader, vocabulary, _, _ = reader_of(end=end)
    expected = ANSWERS if end else [answer.strip("\n") for answer in ANSWERS]
    assert answers_of(reader, vocabulary) == sorted(expected)


def test_inputs_are_the_whole_record():
    reader, vocabulary, _, _ = reader_of("ab>c\nab>c\n")
    assert vocabulary.decode(reader.at(0).inputs[:, 0]) == "\nab>c"


@pytest.mark.parametrize("seq_len", [2, 3, 64])
@pytest.mark.parametrize("end", [True, False])
def test_counts_of_targets_agree_with_the_windows(seq_len, end):
    reader, _, _, _ = reader_of(end=end, seq_len=seq_len)
    total = 0
    for position in range(2 * reader.windows_per_epoch):
        assert reader.characters_before(position) == total
        total += int((reader.at(position).targets != NO_TARGET).sum())
    assert total == 2 * reader.characters_per_epoch


@pytest.mark.parametrize("end", [True, False])
def test_the_mask_of_a_text_is_what_its_windows_count(end):
    reader, _, ids, scored = reader_of(end=end)
    mask = scored_mask(ids, reader._end_id, scored)
    places = np.concatenate([reader.places(position).ravel() for position in range(reader.windows_per_epoch)])
    assert np.flatnonzero(mask).tolist() == sorted(places[places != NO_TARGET].tolist())


def test_a_record_without_the_mark_is_named():
    with pytest.raises(TextError, match=r"1 of 3 records lack the mark") as caught:
        reader_of("a>b\nab\nb>a\n")
    assert "record 2 is the first" in caught.value.where


def test_a_text_without_the_mark_is_refused():
    settings = TextSettings(records=True, answer_after="=")
    with pytest.raises(TextError, match="no '='"):
        scored_part(settings, Vocabulary.of(TEXT))
    assert scored_part(TextSettings(records=True), Vocabulary.of(TEXT)) == ALL


def test_answers_that_are_cut_from_their_questions_get_a_note():
    assert "-s training.seq_len=8" in reader_of(seq_len=4)[0].notes[-1]
    assert not reader_of(seq_len=8)[0].notes


@pytest.mark.parametrize("given", [{"answer_after": ">"}, {"score_ends": False}])
def test_answers_are_of_records(given):
    with pytest.raises(ValueError, match="is for records"):
        Settings.model_validate({"text": given})
