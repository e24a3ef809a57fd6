"""Grapheme clusters, divided whole and in pieces."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.text import clusters as module
from charlm.text.clusters import LONGEST, clusters, in_whole_clusters

FAMILY, FLAGS, SYLLABLE = "👨\u200d👩\u200d👧\u200d👦", "🇩🇪🇫🇷", "क्षे"
PARTS = [
    *"ab \n\r\x1eé日각ก각", "\r\n", "\u0301", "\u200d", "\u200c", "\ufe0f", "\u0600", "\u0903", "\u0e33", "🏽", "👩",
    "👨", "🇩", "🇪", "क", "्", "ष", "त", FAMILY, FLAGS, SYLLABLE, "e" + "\u0301" * 40, "\u0600" * 31 + "🇩🇪",
]  # fmt: skip
texts = st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


def one_by_one(text):
    """The definition: each symbol is the first cluster of the next LONGEST code points."""
    found = []
    while text:
        found.append(regex.match(r"\r|\X", text[:LONGEST])[0])
        text = text[len(found[-1]) :]
    return found


@settings(deadline=None)
@given(texts)
def test_a_text_is_divided_as_defined(text):
    assert clusters(text) == one_by_one(text)


@settings(deadline=None)
@given(texts, st.integers(1, 5))
def test_a_text_of_many_pieces_is_divided_as_defined(text, times):
    long = (text + "x" * 200) * times
    assert clusters(long) == one_by_one(long)


@settings(deadline=None)
@given(st.lists(texts, max_size=8))
def test_the_edge_of_a_chunk_cuts_no_cluster(chunks):
    pieces = list(in_whole_clusters(chunks))
    assert [one for piece in pieces for one in clusters(piece)] == clusters("".join(chunks))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FAMILY + FLAGS + SYLLABLE, [FAMILY, "🇩🇪", "🇫🇷", SYLLABLE]),
        ("e\u0301é\r\n", ["e\u0301", "é", "\r", "\n"]),
        ("ascii\r\n", [*"ascii", "\r", "\n"]),
        ("", []),
        ("a" + "\u0301" * 40, ["a" + "\u0301" * (LONGEST - 1), "\u0301" * (41 - LONGEST)]),
    ],
)
def test_what_a_reader_takes_for_one_character_is_one(text, expected):
    assert clusters(text) == expected


def test_the_edges_of_chunks_of_one_code_point():
    text = (FAMILY + FLAGS + SYLLABLE + "e\u0301\r\n") * 3
    pieces = list(in_whole_clusters(text))
    assert [one for piece in pieces for one in clusters(piece)] == clusters(text)


def test_a_text_without_an_end_of_a_cluster_is_not_held():
    pieces = list(in_whole_clusters(["\u0301" * 1000] * 20))
    assert max(map(len, pieces)) <= 1000 + LONGEST


@pytest.mark.parametrize("hostile", ["\u0301", "🇩", "👩\u200d", "\u0600", "ᄀ"])
def test_hostile_repetition_is_divided_in_small_pieces(hostile, monkeypatch):
    """The time that regex takes for flags grows with the square of their number."""
    lengths = []
    pattern = regex.compile(r"\r|\X")

    class Watched:
        fullmatch = staticmethod(pattern.fullmatch)

        @staticmethod
        def findall(text):
            lengths.append(len(text))
            return pattern.findall(text)

    monkeypatch.setattr(module, "_pattern", Watched)
    assert "".join(clusters(hostile * 5000)) == hostile * 5000
    assert max(lengths) <= module.PIECE
    assert sum(lengths) <= 5000 * len(hostile) * (module.PIECE // LONGEST + 1)
