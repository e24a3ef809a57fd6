"""A score and a sample that are watched are the same as unwatched, and the line is told how far they are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from charlm.display.progress import PrintedScores, WatchedReading, WatchedScorer, watched_samples
from charlm.evaluation.scoring import score_stream
from charlm.sampling.writer import Fragment


class Line:
    """Keeps what it is told."""

    def __init__(self):
        self.said = []

    def say(self, doing):
        self.said.append(doing)


class Ones:
    """One nat for each target."""

    def nats(self, inputs, targets, state):
        return np.where(targets < 0, 0.0, 1.0), state


class Layer(tuple):
    _fields = ("h",)

    def __new__(cls, h):
        return tuple.__new__(cls, (h,))


def test_a_watched_score_is_the_same_and_its_share_grows_to_all():
    line, ids, scorer = Line(), np.zeros(1000, np.int64), Ones()
    scorer.fresh = lambda rows: (Layer(np.zeros((rows, 1))),)
    assert score_stream(WatchedScorer(scorer, ids.size - 1, line), ids) == score_stream(scorer, ids)
    shares = [int(said.split(", ")[1].split("%")[0]) for said in line.said]
    assert line.said[0].startswith("scoring 999 characters, ")
    assert shares == sorted(shares)
    assert shares[-1] == 100


def test_watched_samples_are_read_as_they_were():
    line = Line()
    samples = [[Fragment("ab"), Fragment("c", "length")], [Fragment("d", "length")]]
    read = [list(pieces) for pieces in watched_samples(iter(samples), 2, line)]
    assert read == samples
    assert line.said == [
        "sample 1 of 2: 2 characters written",
        "sample 1 of 2: 3 characters written",
        "sample 2 of 2: 1 characters written",
    ]
    assert list(watched_samples(iter([]), 1, line)) == []


def test_the_score_so_far_is_printed_after_so_many_characters(capsys):
    printed = PrintedScores(as_json=True)
    for read in (5_000, 10_000, 15_000, 21_000):
        printed.scored(np.full(read, np.log(2)))
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"characters_read": read, "bits_per_character": pytest.approx(1)} for read in (10_000, 21_000)
    ]


def test_a_reading_says_its_share_its_score_and_how_long_the_rest_takes():
    line = Line()
    WatchedReading("scoring", 200, line).scored(np.full(50, np.log(4)))
    assert line.said[0].startswith("scoring 200 characters, 25% done, 2.000 bits a character so far, 0:0")
