"""Cards in a notebook: what they show, and that no text in them can be markup."""

from __future__ import annotations

import base64
import html.parser

from charlm.display.notebook_card import Card

HOSTILE = "</pre></table><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[0m\u202e&amp;"


class Markup(html.parser.HTMLParser):
    """The tags and attributes of a fragment, and its text."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(fragment)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def card(text=HOSTILE):
    return Card(
        text, text, [(text, text)], [text], [(1, 3.0), (2, 2.5)], [(2, 2.6)], sample=text, sample_title=text,
        progress=0.5, note=text, code=[text],
    )  # fmt: skip


def test_no_text_becomes_markup():
    seen, plain = Markup(card()._repr_html_()), Markup(card("plain")._repr_html_())
    assert seen.tags == plain.tags
    assert {name for name, _ in seen.attributes} == {"style", "src", "width", "height", "alt"}
    assert seen.text.count("<script>alert(1)</script>") == 9
    assert "\x1b" not in seen.text
    assert "\u202e" not in seen.text


def test_the_picture_is_in_the_address_of_an_image():
    """So that a notebook that is not trusted shows it, and nothing in it could run."""
    (address,) = [value for name, value in Markup(card()._repr_html_()).attributes if name == "src"]
    kind, _, content = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(content).startswith(b"<svg xmlns=")


def test_parts_that_are_not_there_leave_no_trace():
    bare = Markup(Card("a run")._repr_html_())
    assert set(bare.tags) == {"div", "b", "span", "table"}
    assert bare.text.split() == ["a", "run"]


def test_a_card_is_also_a_text():
    shown = repr(Card("owl", "lstm 1 x 8", [("valid", "2.100")], sample="a\tb\nc", note="Left.", code=["f()"]))
    assert shown.splitlines() == ["owl lstm 1 x 8", "valid     2.100", "a sample:", "a\tb", "c", "Left.", "f()"]
    assert "\x1b" not in repr(card())
