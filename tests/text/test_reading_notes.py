"""What is said about a text that was read."""

from charlm.text.reading_notes import rare_note, reading_notes

PLAIN = {"tally": {"counts": {}, "labels": {}, "said": []}}


def test_a_plain_text_needs_no_note():
    assert reading_notes(PLAIN, "column") == []


def test_changes_are_counted():
    facts = {**PLAIN, "marks": 1, "crlf": 1200, "cr": 0, "stripped": 30, "composed": True, "lost": 2}
    assert [note[:40] for note in reading_notes(facts, "column")] == [
        "a byte-order mark was removed",
        "1,200 CRLF became LF",
        "30 characters before and after the book ",
        "letters with separate accents were read ",
        "2 characters were lost before, and are U",
    ]


def test_what_was_misread_is_said():
    facts = {**PLAIN, "misread": ["cp1252", "Ã©", "é"]}
    assert "has 'Ã©' where 'é' was meant" in reading_notes(facts, "column")[0]


def test_rare_characters_are_counted_if_the_vocabulary_is_made_of_the_text():
    facts = {**PLAIN, "unknown": {"日": 2, "本": 1}, "vocabulary": {}, "characters": 300}
    assert reading_notes(facts, "column") == []
    (said,) = reading_notes({**facts, "vocabulary": {"unit": "character"}}, "column")
    assert said.startswith("2 rare characters are one unknown symbol (text.min_count), which stands 3 times in")
    assert rare_note({"日": 1}, 100).startswith("one rare character is read as the unknown symbol (text.min_count), ")
