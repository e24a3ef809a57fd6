"""The first sample that is suggested: whole records, or a prompt of prose."""

from __future__ import annotations

import pytest

from charlm.config.settings import TextSettings
from charlm.display.first_sample import first_sample_options
from charlm.text.corpus import open_corpus

LICENCE = "The Project Gutenberg eBook of Owls\nThis ebook is for the use of anyone\nCopyright is held by nobody here\n"
PHONES = "Ann Bo 555 1234 and more\n555 1234 is my number here\n"
PROSE = "TITLE\n\nThe owl's wings, well-kept, went out to look for mice.\n"


@pytest.fixture
def options(tmp_path):
    def of(text, **settings):
        (tmp_path / "text.txt").write_text(text * 5, encoding="utf-8")
        chosen = TextSettings(sources=(str(tmp_path / "text.txt"),), **settings)
        return first_sample_options(open_corpus(chosen), chosen)

    return of


def test_a_prompt_is_prose_and_no_licence_or_number(options):
    prompt = ["--prompt", "The owl's wings, well-kept,"]
    assert options(PROSE) == options(LICENCE + PROSE) == options(PHONES + PROSE) == prompt


def test_there_may_be_no_prompt(options):
    assert options(LICENCE) == options(PHONES) == options("天地玄黃宇宙洪荒\n") == []


def test_records_are_drawn_whole(options):
    assert options("anna\nbob\n", records=True) == ["--count", "10"]
    assert options(PROSE + "%\n", separator="%") == ["--count", "10"]
