"""When doctor suggests an unknown symbol for rare characters, and with which number."""

from __future__ import annotations

import random

import pytest

from charlm.config.settings import Settings
from charlm.diagnosis.command import GivenOptions
from charlm.diagnosis.rare import check_rare
from charlm.text.corpus import open_corpus


def found(tmp_path, text, **text_settings):
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    settings = Settings.model_validate({"text": {"sources": [str(path)], **text_settings}})
    return [*check_rare(settings, open_corpus(settings.text), GivenOptions(("-c", "large")))]


def text_of(rare, frequent=100_000):
    letters = random.Random(1).choices("的一是不了人我在有他这中大来上国", k=frequent)
    return "".join(letters) + "".join(chr(0x5000 + n) for n in range(rare))


def others(count):
    return "".join(chr(0x6000 + n) for n in range(count))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (text_of(60, 1000), 3),  # more than 0.5 % of the text
        (text_of(60) + others(100) * 6, 5),  # with 10, they would be 0.7 %
        (text_of(60) + others(10) * 6, 10),
    ],
)
def test_many_rare_characters_get_a_number(tmp_path, text, value):
    (finding,) = found(tmp_path, text)
    assert (finding.facts["rare"], finding.facts["min_count"]) == (60, value)
    assert finding.command.endswith(f"-c large -s text.min_count={value}")
    given = Settings.model_validate({"text": {"sources": [str(tmp_path / "text.txt")], "min_count": value}})
    opened = open_corpus(given.text)
    assert sum(opened.unknown.values()) == round(finding.facts["share"] * len(text))


def test_few_rare_characters_or_a_number_that_is_given_need_none(tmp_path):
    assert not found(tmp_path, text_of(49))
    assert not found(tmp_path, text_of(60), min_count=2)
    assert not found(tmp_path, text_of(60), unit="byte")
    assert not found(tmp_path, text_of(60) + others(600) * 9)
