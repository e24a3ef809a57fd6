"""A text coloured by surprise: its steps, its forms for a terminal and a pipe, and its page."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import io
import json
import re
import zlib

import numpy as np
import pytest

from charlm.display.surprise import SurpriseText
from charlm.display.surprise_data import PointerData
from charlm.display.surprise_page import TAGS, Head, surprise_page
from charlm.display.surprise_terminal import print_spans, print_surprise
from charlm.evaluation.characters import CharacterScores
from charlm.evaluation.likeliest import Likeliest
from charlm.evaluation.spans import worst_spans
from charlm.text.vocabulary import Vocabulary

BITS = [np.nan, 0.5, 1.0, 2.5, 4.0, 9.0, 17.0, 3.0]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def scored(text, bits, unit="character"):
    vocabulary = Vocabulary.of(text, unit)
    ids = vocabulary.encode(text).ids
    return CharacterScores(ids, np.resize(np.array(bits), len(ids)) * np.log(2), vocabulary)


def likeliest_of(found, kept=3):
    size = found.vocabulary.size
    ids = (found.ids[:, None].astype(int) + np.arange(kept)) % size
    return Likeliest(ids.astype(np.uint8), np.log(np.tile([0.5, 0.25, 0.125], (len(ids), 1))).astype(np.float32))


def page_of(found, spans=5):
    text = SurpriseText.of(found)
    head = Head("Surprise <in> & a text", "summary")
    return surprise_page(head, text, found, likeliest_of(found), worst_spans(text.bits, spans))


def test_the_steps_begin_at_1_2_4_8_and_16_bits():
    text = SurpriseText.of(scored("abcdefgh", [np.nan, 0.99, 1.01, 2.01, 4.01, 8.01, 16.01, 1000]))
    assert text.steps.tolist() == [0, 0, 1, 2, 3, 4, 5, 5]


def test_runs_are_merged_and_end_at_lines_and_cuts():
    text = SurpriseText.of(scored("abcd\nef", [0, 3, 3, 3, 3, 3, 0]))
    assert list(text.runs()) == [(0, "a", 0), (1, "bcd", 2), (4, "\n", 2), (5, "e", 2), (6, "f", 0)]
    assert [run for _, run, _ in text.runs((2,))] == ["a", "b", "cd", "\n", "e", "f"]


def test_the_bytes_of_a_character_are_one_piece():
    data = "aé€\n".encode() + b"\xff"
    vocabulary = Vocabulary(tuple(map(chr, range(256))), "byte")
    found = CharacterScores(np.frombuffer(data, np.uint8), np.arange(8) * np.log(2), vocabulary)
    text = SurpriseText.of(found)
    assert text.pieces == ["a", "é", "€", "\n", "\ufffd"]
    assert text.bits.tolist() == pytest.approx([0, 1 + 2, 3 + 4 + 5, 6, 7])
    assert text.places.tolist() == [0, 1, 3, 6, 7]


def test_on_a_terminal_the_text_is_coloured_and_cannot_control_it(monkeypatch):
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_surprise(SurpriseText.of(scored("ab\x1b[2Jc\nd", [0, 5, 5, 5, 5, 5, 0, 9, 0])))
    shown = out.getvalue()
    assert shown == "a\x1b[38;5;16;48;5;215mb\\x1b[2J\x1b[0mc\x1b[38;5;16;48;5;209m↵\x1b[0m\nd\n"
    assert "\x1b[38;5;16;48;5;205m over 16 \x1b[0m" in err.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_without_colours_marks_stand_below_the_characters(monkeypatch, terminal):
    out, err = (Terminal() if terminal else io.StringIO() for _ in range(2))
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setenv("NO_COLOR", "1")
    print_surprise(SurpriseText.of(scored("ab漢\td\n\nx", [np.nan, 1.5, 3, 17, 5, 9, 0, 0])))
    assert out.getvalue() == "ab漢\td\n .::\t++#\n\n\nx\n\n".replace("++#", "+#")
    assert "4 to 8 '+'" in err.getvalue()
    assert "\x1b" not in out.getvalue() + err.getvalue()


def test_spans_are_listed_with_their_lines(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    text = SurpriseText.of(scored("aaaa\nbbbXYbb\naaaa", [1] * 8 + [9, 9] + [1] * 7))
    print_spans(text, worst_spans(text.bits, 3))
    assert out.getvalue().splitlines()[1].split() == ["2", "2", "18.0", "9.00", "'XY'"]


class Reading(html.parser.HTMLParser):
    """What a browser makes of a page: the text of main and the tags in it, and the scripts."""

    def __init__(self, page):
        super().__init__()
        self.text, self.tags, self.scripts, self._where = "", [], {}, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self._where.append(named.get("id") or tag)
        if "text" in self._where[:-1]:
            self.tags.append(tag)
        if tag in ("meta", "link", "br"):
            self._where.pop()

    def handle_endtag(self, tag):
        self._where.pop()

    def handle_data(self, data):
        if "text" in self._where:
            self.text += data
        elif self._where and self._where[-1] in ("data", "about", "script"):
            self.scripts[self._where[-1]] = data


def test_a_page_has_the_text_its_spans_and_nothing_that_runs_but_its_script():
    hostile = "</main><script>alert(1)</script>&amp;\"'\x1b[0m\r\u202e <b>é😀\n"
    found = scored(hostile * 3, BITS)
    page = page_of(found)
    reading = Reading(page)
    expected = hostile.replace("\x1b", "␛").replace("\r", "␍").replace("\u202e", "\ufffd") * 3
    assert reading.text == expected
    assert set(reading.tags) <= {*TAGS[1:], "a"}
    assert page.count("<script") == 3
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        content = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[0]
        assert f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in policy
    assert not re.search(r"\b(?:src|href)=\"(?!#)", page)
    assert "http" not in page.replace("http-equiv", "")


def unpacked(page):
    scripts = Reading(page).scripts
    return json.loads(scripts["about"]), zlib.decompress(base64.b64decode(scripts["data"]), -15)


def test_the_data_of_a_page_are_what_its_script_reads():
    found = scored("aé😀b\n", [np.nan, 1.5, 100.0, 0.25, 3.0])
    about, data = unpacked(page_of(found))
    assert list(data[: about["units"]]) == [0, 6, 254, 255, 1, 12]
    ids = np.frombuffer(data[6 : 6 + 5 * 3], np.uint8).reshape(5, 3)
    steps = np.frombuffer(data[6 + 5 * 3 :], np.uint8).reshape(5, 3)
    assert ids.tolist() == likeliest_of(found).ids.tolist()
    assert steps.tolist() == [[4, 4, 4]] * 5
    assert about | {"kept": 3, "wide": False, "unscored": True, "least": 0, "drawn": True} == about
    assert about["symbols"] == list(found.vocabulary.symbols)


def test_a_page_is_at_most_four_times_as_long_as_a_long_text():
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("etaoin shrdlu\n"), 150_000).tolist())
    found = scored(text, rng.exponential(2.2, 150_000))
    likeliest = Likeliest(rng.integers(0, 13, (150_000, 3), np.uint8), -rng.exponential(2, (150_000, 3)).astype("f4"))
    page = surprise_page(Head("a", "b"), SurpriseText.of(found), found, likeliest, [])
    assert len(page.encode()) <= 4 * 150_000
    about, data = unpacked(page)
    assert not about["drawn"]
    assert about["least"] > 0
    kept = sum(level != 255 and level >= 4 * about["least"] for level in data[: about["units"]])
    assert len(data) == about["units"] + kept * 3 * 2
    assert Reading(page).text == text


def test_ids_of_large_vocabularies_have_two_bytes():
    text = "".join(chr(0x4E00 + number) for number in range(300))
    found = scored(text, [2.0])
    likeliest = Likeliest(np.arange(300, dtype=np.uint16)[:, None], np.zeros((300, 1), np.float32))
    data = PointerData.of(SurpriseText.of(found), list(text), likeliest, wide=True).packed(0)
    content = zlib.decompress(base64.b64decode(data), -15)
    assert np.frombuffer(content[300:900], "<u2").tolist() == list(range(300))
