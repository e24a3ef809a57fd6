"""Lines are scored one by one, and add up to the score of the text; the ROC is that of its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.config.settings import ModelSettings
from charlm.errors import TextError
from charlm.evaluation.labels import split_labels
from charlm.evaluation.lines import EncodedLines, score_single_lines
from charlm.evaluation.roc import roc
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_text
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.text.vocabulary import Vocabulary

LINES = ["ada", "bob", "a line that is longer than the others are", "", "bob"]


def scored(lines, vocabulary):
    settings = ModelSettings(hidden_size=12, num_layers=1)
    parameters = initial_parameters(settings, vocabulary.size, np.random.default_rng(0))
    parameters["head.weight"] = parameters["head.weight"] * 4
    scorer = NumpyScorer(LanguageModel(settings, parameters))
    encoded = EncodedLines.of(lines, vocabulary, vocabulary.newline)
    return scorer, encoded, score_single_lines(scorer, encoded, vocabulary)


def test_a_line_has_the_same_score_wherever_it_stands():
    vocabulary = Vocabulary.of("\n".join(LINES))
    _, _, together = scored(LINES, vocabulary)
    for number, line in enumerate(LINES):
        _, _, alone = scored([line], vocabulary)
        assert alone.nats[0] == pytest.approx(together.nats[number], rel=1e-5)
        assert alone.characters[0] == together.characters[number] == len(line) + 1


@pytest.mark.parametrize("symbols", ["", "unknown"])
def test_lines_with_unknown_characters_add_up_to_the_charged_score(symbols):
    known = Vocabulary.of("\n".join(LINES))
    vocabulary = Vocabulary(("", *known.symbols)) if symbols else known
    lines = [*[line for line in LINES if line], "zéz", "ZZZ"]
    scorer, encoded, found = scored(lines, vocabulary)
    text = vocabulary.encode("".join(f"{line}\n" for line in lines), "skip")
    score = score_text(scorer, text.ids, vocabulary, vocabulary.newline, "charge", text.unknown)
    assert encoded.unknown.sum() == 6
    assert found.characters.sum() == score.score.characters + (0 if symbols else 2)
    # A line of unknown characters alone is empty to a model without an unknown symbol: its end counts here.
    ends = 0 if symbols else 2 * scored([""], vocabulary)[2].nats[0]
    assert found.nats.sum() == pytest.approx(score.score.nats + ends, rel=2e-3)
    assert found.means.argmax() >= len(lines) - 2


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30))
def test_the_area_is_the_probability_that_a_positive_item_has_the_higher_number(items):
    values, positive = np.array([item[0] for item in items], float), np.array([item[1] for item in items])
    if positive.all() or not positive.any():
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in values[positive] for b in values[~positive]]
    found = roc(values, positive)
    assert found.area == pytest.approx(np.mean(pairs))
    assert (found.found[0], found.others[0], found.found[-1], found.others[-1]) == (0, 0, 1, 1)
    assert (np.diff(found.found) >= 0).all()
    assert (np.diff(found.others) >= 0).all()


def test_what_is_found_at_a_share_of_false_alarms():
    found = roc(np.array([9.0, 8, 7, 6, 5, 4]), np.array([True, False, True, False, False, True]))
    assert [found.found_at(share) for share in (0, 0.3, 0.34, 0.99, 1)] == pytest.approx(
        [1 / 3, 1 / 3, 2 / 3, 2 / 3, 1]
    )


def test_labels_are_taken_out_of_their_column():
    found = split_labels(["a\tgood\tb", "", "c\tbad\td", "e\tgood\tf"], 2, None)
    assert found.texts == ["a\tb", "c\td", "e\tf"]
    assert (found.numbers, found.labels, found.positive) == ([1, 3, 4], ["good", "bad", "good"], "bad")


@pytest.mark.parametrize(
    ("lines", "column", "positive", "message"),
    [
        ([], None, None, "no lines"),
        (["", ""], None, None, "no lines"),
        (["a\tx", "b"], 2, None, "no column 2"),
        (["a", "b"], 1, None, "no column 1"),
        (["a\tx", "b\tx"], 2, None, "same label"),
        (["a\tx", "b\ty"], 2, "z", "No line has the label"),
    ],
)
def test_labels_that_are_missing_are_errors(lines, column, positive, message):
    with pytest.raises(TextError, match=message):
        split_labels(lines, column, positive)
