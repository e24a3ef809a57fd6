"""The notes on unknown characters say what became of each."""

from __future__ import annotations

from charlm.display.text_notes import prompt_notes, score_notes
from charlm.text.unknown import UnknownCharacters
from charlm.text.vocabulary import Vocabulary

LETTERS = Vocabulary.of("e '")


def test_there_is_no_note_without_unknown_characters():
    assert prompt_notes(UnknownCharacters.of(LETTERS, {}, "nearest")) == []
    assert score_notes(UnknownCharacters.of(LETTERS, {}, "skip"), None) == []


def test_what_was_replaced_is_told_apart_from_what_was_left_out():
    lacking = UnknownCharacters.of(LETTERS, {"é": 1200, "’": 1, "Ж": 1}, "nearest")
    assert prompt_notes(lacking) == [
        "prompt: 1,201 unknown characters read as the nearest known ones: 'é' as 'e' x 1,200, '’' as \"'\" x 1",
        "prompt: 1 unknown character left out: 'Ж' x 1",
    ]
    assert [note.split(":")[1] for note in score_notes(lacking, None)] == [
        " 1,201 unknown characters scored as the nearest known ones",
        " 1 unknown character not scored (with `--unknown charge` they are)",
    ]


def test_what_was_charged_is_said():
    (note,) = score_notes(UnknownCharacters.of(LETTERS, {"Ж": 2}, "skip"), 45.26)
    assert note == "text: 2 unknown characters charged 45.3 bits in all: 'Ж' x 2"


def test_only_some_characters_are_listed():
    (note,) = prompt_notes(UnknownCharacters.of(LETTERS, dict.fromkeys("abcdfghijk", 2), "skip"))
    assert note.startswith("prompt: 20 unknown characters left out: 'a' x 2, ")
    assert note.endswith("'i' x 2 and 2 others")
