"""Text that was read with a wrong encoding and saved again."""

import pytest

from charlm.text.decoding.mojibake import misread_as, repair

FRENCH = "Où est le café d'été ? “À côté”, dit-elle — déjà fermé.\n"
RUSSIAN = "Вечером мы долго шли вдоль реки.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        (FRENCH, "mac-roman"),
        (FRENCH, "cp437"),
        (RUSSIAN, "cp1251"),
        ("It’s naïve — “very”", "cp1252"),
    ],
)
def test_misread_text_is_found_and_what_was_meant_is_shown(text, encoding):
    misread = text.encode().decode(encoding, "ignore" if encoding == "cp1252" else "strict")
    found = misread_as(misread)
    assert found is not None
    assert found[0] == encoding
    assert found[2] in text
    assert repair(found[1], encoding) == found[2]


@pytest.mark.parametrize(
    "text", [FRENCH, RUSSIAN, "日本語の本を読む", "plain", "", "CAFÉ» dit-il, «\xa0à\xa0» l'été déjà, É» à", "😀😀"]
)
def test_a_text_that_is_right_is_not_called_misread(text):
    assert misread_as(text * 3) is None


def test_one_word_does_not_decide():
    assert misread_as("the bytes of é are Ã©") is None


def test_long_runs_and_many_runs_are_bounded():
    assert misread_as("é" * 100_000) is None
    assert misread_as("Ã© " * 100_000) == ("cp1252", "Ã©", "é")
