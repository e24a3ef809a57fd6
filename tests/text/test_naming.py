"""The short names of texts, for the names of runs."""

import pytest

from charlm.text.naming import short_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("War & Peace.txt", "war-peace"),
        ("x/corpus.txt.gz", "corpus"),
        ("-", "standard-input"),
        ("tiny-shakespeare", "tiny-shakespeare"),
        ("日本.txt", "日本"),
        ("Война и мир.txt", "война-и-мир"),
        ("Тихий Дон.txt", "тихий-дон"),
        ("Été à l'île_1.txt", "ete-a-l-ile-1"),
        ("/dev/fd/63", "standard-input"),
        ("a" * 100 + ".txt", "a" * 40),
        ("notes/", "notes"),
        ("*.md", "text"),
    ],
)
def test_a_name_keeps_the_letters_of_any_alphabet_and_can_be_that_of_a_folder(source, name):
    assert short_name([source]) == name
