"""Baselines without a model have the figures that their definitions give."""

from __future__ import annotations

import bz2
import math

import numpy as np
import pytest

from charlm.baselines.ngram import new_ngram
from charlm.evaluation.reference_scores import compressor_scores, ngram_alone, uniform_score, unigram_score

TEXT = np.frombuffer(b"some more text that was read, " * 30, np.uint8)
TRAINING = np.frombuffer(b"some text that was read before, and more " * 50, np.uint8)


def test_uniform_is_the_logarithm_of_the_vocabulary():
    score = uniform_score(65)
    assert score.after == score.alone == math.log(65)


def test_the_unigram_has_the_frequencies_of_the_training_part():
    score = unigram_score(TEXT, TRAINING, 256, 1)
    counts = np.bincount(TRAINING, minlength=256) / len(TRAINING)
    assert score.after == pytest.approx(-np.log(counts[TEXT[1:]]).mean(), abs=0.02)
    assert score.alone is None


def test_alone_an_ngram_counts_from_nothing():
    expected = new_ngram(3, 256).reader(True).nats(TEXT)
    assert ngram_alone(TEXT, 3, 256, 0) == pytest.approx(expected.mean())
    assert ngram_alone(TEXT, 3, 256, 1) == pytest.approx(expected[1:].mean())


def test_compressors_are_measured_in_nats_of_a_symbol():
    scores = {each.name: each for each in compressor_scores(TEXT, TRAINING, lambda ids: ids.tobytes())}
    assert list(scores) == ["PPMd 6", "xz", "bz2"]
    size = len(bz2.compress(TEXT.tobytes(), 9))
    assert scores["bz2"].alone == pytest.approx(size * 8 * math.log(2) / len(TEXT))
    assert all(each.after < each.alone for each in scores.values() if each.after and each.name != "bz2")


def test_without_pyppmd_the_others_are_measured_and_it_is_said(monkeypatch):
    monkeypatch.setattr("charlm.evaluation.reference_scores.has_ppmd", lambda: False)
    ppmd, *others = compressor_scores(TEXT, TRAINING, lambda ids: ids.tobytes())
    assert (ppmd.after, ppmd.alone) == (None, None)
    assert "pip install 'charlm-rnn[compress]'" in ppmd.lacks
    assert all(each.after for each in others)
