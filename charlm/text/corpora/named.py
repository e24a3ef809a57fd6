"""The named corpora: their contents, their usual splits, and where their text is kept. Knows no ids.

Embedded corpora come with charlm or are built from the installed Python. Only `charlm data fetch` downloads others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import TextError
from charlm.text.corpora import embedded
from charlm.text.files.spool import Spool

MAKEMORE = "https://raw.githubusercontent.com/karpathy/makemore/988aa59e4d8fefa526d06f3b453ad116258398d4"
CHAR_RNN = "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e"


@dataclass(frozen=True)
class NamedCorpus:
    """A corpus with a name. It has either a recipe, or a URL with the sizes and checksums of its download."""

    name: str
    about: str
    splits: tuple[float, float, float]  # that published scores use
    recipe: Callable[[], str] | None = None
    url: str = ""
    download_sha256: str = ""
    download_bytes: int = 0
    member: str = ""  # the file within a .zip
    text_sha256: str | None = None
    text_bytes: int = 0


CORPORA = {
    corpus.name: corpus
    for corpus in (
        NamedCorpus(
            "alice",
            "Alice's Adventures in Wonderland, by Lewis Carroll, 1865",
            (0.9, 0.05, 0.05),
            recipe=embedded.alice,
        ),
        NamedCorpus(
            "python-docs",
            "the Python language reference and the library's docstrings, in English",
            (0.9, 0.05, 0.05),
            recipe=embedded.python_docs,
        ),
        NamedCorpus(
            "python-source",
            "the source code of Python's standard library",
            (0.9, 0.05, 0.05),
            recipe=embedded.python_source,
        ),
        NamedCorpus(
            "python-names",
            "the names of the standard library's functions, classes and arguments, one a line, for --records",
            (0.9, 0.05, 0.05),
            recipe=embedded.python_names,
        ),
        NamedCorpus(
            "tiny-shakespeare",
            "scenes from Shakespeare's plays, 65 symbols; the text of char-rnn",
            (0.9, 0.1, 0.0),
            url=f"{CHAR_RNN}/data/tinyshakespeare/input.txt",
            download_sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            download_bytes=1_115_394,
            text_sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            text_bytes=1_115_394,
        ),
        NamedCorpus(
            "names",
            "32,033 first names, one a line, for --records; the list of makemore",
            (0.8, 0.1, 0.1),
            url=f"{MAKEMORE}/names.txt",
            download_sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            download_bytes=228_145,
            text_sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
            text_bytes=228_145,
        ),
        NamedCorpus(
            "text8",
            "100 MB of Wikipedia as lower-case words, 27 symbols",
            (0.9, 0.05, 0.05),
            url="https://mattmahoney.net/dc/text8.zip",
            download_sha256="a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
            download_bytes=31_344_016,
            member="text8",
            text_sha256="6e890197040d37d85beb962ae1f041ff1d9a9ca8d20c7d99c85027eebf51dca7",
            text_bytes=100_000_000,
        ),
        NamedCorpus(
            "enwik8",
            "100 MB of Wikipedia with its markup; scores are reported with text.unit=byte, 205 symbols",
            (0.9, 0.05, 0.05),
            url="https://mattmahoney.net/dc/enwik8.zip",
            download_sha256="547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
            download_bytes=36_445_475,
            member="enwik8",
            text_sha256="2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8",
            text_bytes=100_000_000,
        ),
    )
}


def fetched_file(corpus: NamedCorpus) -> Path:
    """Where `charlm data fetch` puts the text of a corpus."""
    from charlm.text.cache import cache_folder  # imports numpy, which the names of the corpora do not need

    return cache_folder() / "corpora" / f"{corpus.name}.txt"


def corpus_file(corpus: NamedCorpus, spool: Spool) -> Path:
    """The file with the text of a corpus. Raises TextError if it has not been fetched.

    An embedded corpus is built the first time, in the spool if the cache cannot be written.
    """
    if corpus.recipe:
        return _build(corpus.name, corpus.recipe, spool)
    path = fetched_file(corpus)
    if not path.is_file():
        raise TextError(
            f"The corpus {corpus.name} has not been fetched, and only `charlm data fetch` downloads",
            f"It will be kept in {path.parent}",
            f"Run `charlm data fetch {corpus.name}` once.",
        )
    return path


def _build(name: str, recipe: Callable[[], str], spool: Spool) -> Path:
    """The file of an embedded corpus. Its name ends with the sha256 of the text: a damaged one is built again."""
    from charlm.text.cache import cache_folder, write_atomically

    folder, stem = cache_folder() / "corpora", f"{name}-{embedded.identity()[:12]}-"
    for path in folder.glob(f"{stem}*.txt"):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == path.stem.removeprefix(stem):
            return path
    text = recipe().encode()
    file = f"{stem}{hashlib.sha256(text).hexdigest()}.txt"
    try:
        return write_atomically(folder / file, [text])
    except OSError:
        return write_atomically(spool.folder / file, [text])
