"""Each character belongs to one group, by where its line or its word was seen before."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.evaluation.gains import GROUPS, character_groups, gains, symbols_of_words
from charlm.text.vocabulary import Vocabulary

TRAINING = "ROMEO:\nI come to you.\n\nROMEO:\nYou come.\n"
TEXT = "ROMEO:\nI come anon.\n\nOWL:\nThe owl, anon.\n\nOWL:\nThe end"


def grouped(text, training, unit="character"):
    vocabulary = Vocabulary.of(text + training, unit)
    ids, before = (vocabulary.encode(each).ids for each in (text, training))
    return character_groups(ids, before, vocabulary.newline, symbols_of_words(vocabulary.symbols))


@pytest.mark.parametrize("unit", ["character", "byte", "grapheme"])
def test_lines_come_before_words(unit):
    groups = grouped(TEXT, TRAINING, unit)
    shown = "".join("KLWN."[number] for number in groups)
    assert shown == (
        "KKKKKKK"  # a line of the training part
        ".......NNNN.."  # "anon" is new; a short word is no word
        "."
        "NNN.."  # OWL: has not been seen
        "NNN.NNN..WWWW.."  # "The" and "owl" are new, "anon" is not
        "."
        "LLLLL"  # OWL: again
        "WWW.NNN"
    )


def test_a_text_without_lines_has_words():
    groups = grouped("some owl some", "no such word")
    assert {GROUPS[number] for number in groups} == {GROUPS[2], GROUPS[3], GROUPS[4]}


def test_the_gains_of_groups_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    groups, before, after = rng.integers(0, 4, 1000), rng.random(1000), rng.random(1000)
    found = gains(groups, before, after)
    assert [each.group for each in found] == list(GROUPS[:4])
    assert sum(each.share for each in found) == pytest.approx(1)
    assert sum(each.share * each.before for each in found) == pytest.approx(before.mean())
    assert sum(each.share * each.after for each in found) == pytest.approx(after.mean())


def test_ids_of_two_bytes_are_compared_whole():
    ids = np.array([256, 257, 258, 0, 1, 2, 3, 0], np.uint16)
    in_words = np.arange(300) > 0
    groups = character_groups(ids, np.array([1, 2, 3, 0], np.uint16), None, in_words)
    assert groups.tolist() == [3, 3, 3, 4, 4, 4, 4, 4]
