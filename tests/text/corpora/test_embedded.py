"""The corpora that are built from Python's own library."""

import re
import sys

import pytest

from charlm.errors import TextError
from charlm.text.corpora import embedded
from charlm.text.corpora.named import CORPORA, corpus_file


@pytest.fixture
def docs(monkeypatch, shared_cache, tmp_path):
    monkeypatch.setenv("CHARLM_CACHE", str(shared_cache))
    return corpus_file(CORPORA["python-docs"], tmp_path).read_text()


def test_python_docs_is_plain_english_of_a_useful_size(docs):
    assert 500_000 < len(docs) < 2_500_000
    assert docs.isascii()
    assert len(set(docs)) < 100
    assert sum(docs.count(word) for word in (" the ", " of ", " is ")) > 10_000
    assert "\t" not in docs
    assert " \n" not in docs
    assert "\n\n\n\n" not in docs
    assert docs.endswith("\n")


def test_no_split_of_python_docs_repeats_another(docs):
    paragraphs = [" ".join(paragraph.split()) for paragraph in docs.split("\n\n")]
    said = [paragraph for paragraph in paragraphs if paragraph]
    assert len(set(said)) == len(said)


def test_the_manual_and_the_docstrings_are_both_spread_over_the_splits(docs):
    tail = docs[-len(docs) // 5 :]
    assert "\nThe " in tail
    assert " module\n****" in tail
    assert "\nclass " in tail
    assert docs.count(" module\n****") > 100


def test_the_same_python_makes_the_same_text(monkeypatch):
    monkeypatch.setattr(
        embedded, "_modules", lambda: iter([("b.one", MODULE), ("b._two", MODULE), ("a", '"""Other."""')])
    )
    first = embedded.python_docs()
    assert first == embedded.python_docs()
    assert embedded.identity() == embedded.identity()


MODULE = '''"""About the module’s use."""

import nothing_that_exists

def public(a, *, b=1):
    """What it does."""

def _private():
    """Nobody reads this."""

class Thing:
    """A thing."""

    def method(self):
        """Its method.

        In two paragraphs.
        """
'''


def test_modules_are_described_without_being_imported(monkeypatch):
    monkeypatch.setattr(embedded, "_modules", lambda: iter([("package.name", MODULE), ("package._inner", MODULE)]))
    (described,) = embedded._docstrings()
    assert "nothing_that_exists" not in sys.modules
    assert embedded._without_repeats(described, set()) == "\n".join(
        [
            "The package.name module",
            "***********************",
            "",
            "About the module's use.",
            "",
            "public(a, *, b=1)",
            "   What it does.",
            "",
            "class Thing",
            "   A thing.",
            "",
            "Thing.method(self)",
            "   Its method.",
            "",
            "   In two paragraphs.",
        ]
    )


def test_a_module_that_does_not_parse_is_skipped(monkeypatch):
    monkeypatch.setattr(embedded, "_modules", lambda: iter([("old", "print 'old'")]))
    assert list(embedded._docstrings()) == []


def test_python_source_is_whole_modules_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(embedded, "SOURCE_LIMIT", 100_000)
    text = embedded.python_source()
    assert 50_000 < len(text) <= 101_000
    assert text.startswith("# ")
    assert "\nimport " in text


def test_a_python_without_its_library_is_reported(monkeypatch):
    monkeypatch.setattr(embedded, "_modules", lambda: iter(()))
    monkeypatch.setattr(embedded, "_topics", lambda: iter(()))
    for recipe in (embedded.python_docs, embedded.python_source):
        with pytest.raises(TextError, match="no text of its standard library"):
            recipe()


def test_the_book_has_its_twelve_chapters_and_nothing_else():
    book = embedded.alice()
    assert book.startswith("CHAPTER I. Down the Rabbit-Hole\n")
    assert book.rstrip().endswith("and the happy summer days.")
    assert len(re.findall(r"^CHAPTER [IVX]+\. ", book, re.MULTILINE)) == 12
    assert book.isascii()
    assert "gutenberg" not in book.lower()


def test_python_names_are_what_modules_call_their_public_things(monkeypatch):
    source = MODULE.replace("(a, *, b=1)", "(text, *, _hidden=1, maß=2)")
    monkeypatch.setattr(embedded, "SHORTEST_TEXT", 0)
    monkeypatch.setattr(embedded, "_modules", lambda: iter([("one", source), ("again", source), ("broken", "def (")]))
    names = embedded.python_names()
    assert sorted(names.splitlines()) == ["Thing", "method", "public", "self", "text"]
    assert names.endswith("\n")
