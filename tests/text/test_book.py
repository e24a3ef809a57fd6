"""What stands outside of a book of Project Gutenberg is left out, and said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.config.settings import TextSettings
from charlm.text.book import LONGEST, find_books, within
from charlm.text.corpus import open_corpus
from charlm.text.preview import preview_text

BODY = "The grey cat walked home.\nIt did not rain.\n" * 40
STARTS = [
    "*** START OF THE PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "*** START OF THIS PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "***START OF THE PROJECT GUTENBERG EBOOK COLOURS***\n",
    "*** START OF THE PROJECT GUTENBERG EBOOK A LONG TITLE\nIN SEVERAL\nLINES ***\n",
    "*** START OF THE COPYRIGHTED PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "*** Start of the Project Gutenberg EBook Colours\n",
    "*** START OF THE PROJECT GUTENBERG E-BOOK COLOURS ***\n",
    "*** START OF THE PROJECT GUTENBERG ETEXT COLOURS ***\n",
    "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n",
    "*END THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n",
]
ENDS = [
    "*** END OF THE PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "*** END OF THIS PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "***END OF THE PROJECT GUTENBERG EBOOK COLOURS***\n",
    "End of the Project Gutenberg EBook of Colours, by Nobody\n\n*** END OF THIS PROJECT GUTENBERG EBOOK COLOURS ***\n",
    "End of Project Gutenberg's Colours, by Nobody\n",
    "End of The Project Gutenberg Etext of Colours\n",
    "Ende dieses Projekt Gutenberg Etextes Farben\n",
]
BEFORE, AFTER = "The Project Gutenberg eBook of Colours\n\n", "\nLicence, terms and donations\n" * 30


def inside(text):
    return within(text, 0, find_books([text]))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("start", STARTS)
def test_every_form_of_the_marker_lines_is_known(start, end):
    assert inside(BEFORE + start + BODY + end + AFTER) == BODY


@pytest.mark.parametrize(
    "text", [BODY, BEFORE + STARTS[0] + BODY, BODY + ENDS[0] + AFTER, "", f"He wrote {STARTS[0]}and {ENDS[0]}"]
)
def test_without_both_lines_nothing_is_left_out(text):
    assert find_books([text]) == []


def test_several_books_in_one_file():
    one, other = (BEFORE + STARTS[0] + body + ENDS[0] + AFTER for body in (BODY, BODY.upper()))
    assert inside(one + other) == BODY + BODY.upper()


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 4 * LONGEST), start=st.sampled_from(STARTS), end=st.sampled_from(ENDS))
def test_the_chunks_do_not_matter(size, start, end):
    text = BEFORE + start + BODY + end + AFTER * 3
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    spans = find_books(chunks)
    assert spans == find_books([text])
    kept = [within(chunk, number * size, spans) for number, chunk in enumerate(chunks)]
    assert "".join(kept) == BODY


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text(BEFORE + STARTS[0] + BODY + ENDS[0] + AFTER, encoding="utf-8")
    return TextSettings(sources=(str(path),))


def test_a_book_is_read_without_its_licence_and_it_is_said(book):
    corpus = open_corpus(book)
    assert corpus.vocabulary.decode(corpus.ids) == BODY
    outside = len(BEFORE + STARTS[0] + ENDS[0] + AFTER)
    assert any(note.startswith(f"{outside:,} characters before and after the book") for note in corpus.notes)
    assert open_corpus(book).notes == corpus.notes


def test_strip_none_keeps_all(book):
    corpus = open_corpus(book.model_copy(update={"strip": "none"}))
    assert corpus.characters > len(BODY) + len(AFTER)
    assert not any("book" in note for note in corpus.notes)


def test_each_file_of_a_folder_is_a_book(book, tmp_path):
    (tmp_path / "plain.txt").write_text("no book\n", encoding="utf-8")
    corpus = open_corpus(book.model_copy(update={"sources": (str(tmp_path),), "split": "contiguous"}))
    assert corpus.vocabulary.decode(corpus.ids) == BODY + "no book\n"


@pytest.mark.parametrize("unit", ["character", "byte"])
def test_a_book_that_was_asked_for_by_name_and_is_not_found_is_said(tmp_path, unit):
    path = tmp_path / "plain.txt"
    path.write_text("No book.\n" * 30, encoding="utf-8")
    asked = TextSettings(sources=(str(path),), strip="gutenberg", unit=unit)
    said = "so nothing was left out" if unit == "character" else "is read whole"
    for _ in range(2):  # read, and taken from the cache
        assert any(said in note for note in open_corpus(asked).notes)
    assert any(said in note for note in preview_text(asked, 3, 40).notes)
    assert open_corpus(asked.model_copy(update={"strip": "auto"})).notes == ()


def test_a_preview_says_that_it_shows_the_book_alone(book):
    assert any("text.strip=none keeps it" in note for note in preview_text(book, 3, 40).notes)
    assert not preview_text(book.model_copy(update={"strip": "none"}), 3, 40).notes
    assert not any("nothing" in note for note in open_corpus(book.model_copy(update={"strip": "gutenberg"})).notes)
