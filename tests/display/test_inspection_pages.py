"""The pages of `charlm inspect`: what is in them, and that nothing in a text can run."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
import zlib

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.display.html_page import page_file, without_controls
from charlm.display.passages import Passage, passage, passage_rows, passages_page
from charlm.display.states_page import Findings, Shown, UnitNote, states_page
from charlm.display.value_text import ValueText
from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_names import Unit, Value
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream
from charlm.text.vocabulary import Vocabulary

HOSTILE = "</script><script>alert(1)</script><!--&amp;\"'\x1b[0m\u202e é😀\n"
NAME = "</title><img src=x onerror=alert(1)>"


def shown(gates=frozenset()):
    vocabulary = Vocabulary.of(HOSTILE)
    ids = vocabulary.encode(HOSTILE * 4).ids
    settings = ModelSettings(cell="gru", hidden_size=6, num_layers=1)
    model = LanguageModel(settings, initial_parameters(settings, vocabulary.size, named_stream(1, "weights")))
    values = np.random.default_rng(1).normal(size=(len(ids), 6)).astype(np.float16)
    recorded = Recorded((Value(1, "h", 6),), (values,))
    return Shown(NAME, NAME, recorded, ids, model, vocabulary, gates, None), ValueText.of(vocabulary, ids)


class Scripts(html.parser.HTMLParser):
    """The scripts of a page by their id, and all its tags."""

    def __init__(self, page):
        super().__init__()
        self.found, self.tags, self._in = {}, set(), None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self._in = dict(attributes).get("id", "main") if tag == "script" else None

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in:
            self.found[self._in] = self.found.get(self._in, "") + data


def check_safe(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in policy
    tags = Scripts(page).tags
    assert not tags & {"img", "iframe", "link", "object", "form"}
    assert not re.search(r"\b(?:src|href|style|on\w+)=\"", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


def test_a_page_of_states_has_the_values_as_the_script_reads_them():
    about, text = shown()
    units = [UnitNote(Unit(1, 4), "brackets 0.99"), UnitNote(Unit(1, 0))]
    page = states_page(about, text, units, Findings("found", [["a", "b"], [HOSTILE, "1"]], "note"))
    check_safe(page)
    scripts = Scripts(page).found
    data, described = json.loads(scripts["about"]), json.loads(scripts["described"])
    assert "".join(data["pieces"]) == without_controls(HOSTILE * 4)
    assert [one["unit"] for one in described] == ["1:4", "1:0"]
    values = np.frombuffer(zlib.decompress(base64.b64decode(scripts["values"]), -15), np.int8)
    values = values.reshape(2, -1).astype(float)
    column = about.recorded.column(Unit(1, 4))
    back = described[0]["middle"] + described[0]["spread"] * values[0] / 127
    inside = abs(column) < described[0]["spread"]
    np.testing.assert_allclose(back[inside], column[inside], atol=described[0]["spread"] / 250)
    guesses = np.frombuffer(zlib.decompress(base64.b64decode(scripts["guesses"]), -15), np.uint8)
    assert guesses.reshape(len(column), -1).shape[1] == 2 * data["kept"]
    assert (np.diff(guesses.reshape(len(column), -1)[:, data["kept"] :].astype(int), axis=1) <= 0).all()


def test_a_gate_has_its_middle_at_a_half():
    about, text = shown(frozenset({1}))
    scripts = Scripts(states_page(about, text, [UnitNote(Unit(1, 0))])).found
    assert json.loads(scripts["described"])[0] | {"middle": 0.5, "spread": 0.5} == json.loads(scripts["described"])[0]


def test_a_page_of_passages():
    one = passage(list(HOSTILE), 3, 5, 9, 0.75)
    page = passages_page(NAME, NAME, one, [one, Passage(1, -0.5, "", HOSTILE, "")])
    check_safe(page)
    assert page.count("<li>") == 2
    assert json.loads(Scripts(page).found["scores"]) == [0.75, 0.0]
    assert passage_rows([one])[1][:2] == ["3", "0.75"]
    assert "\n" not in passage_rows([one])[1][2]


@pytest.mark.parametrize("name", ["common.js", "states.js", "passages.js", "surprise.js"])
def test_scripts_make_no_elements_from_text(name):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(", page_file(name))
