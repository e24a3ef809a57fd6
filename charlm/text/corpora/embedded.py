"""The corpora that need no download: a book, and Python's documentation, source and names. Knows no network and no ids.

The last three are built from the standard library, the same on every build with one installation. Modules are parsed,
never imported. The pieces are ordered by a hash of their titles, so that a contiguous split at the end has the same
mixture as the rest. A repeated paragraph is kept once, so that no split repeats another.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import sysconfig
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from charlm.errors import TextError

# To be increased if the recipe changes: it is part of the key under which the built text is kept.
RECIPE = 1
SOURCE_LIMIT = 6_000_000  # bytes of python-source, about two thirds of what a usual installation has
LEFT_OUT = frozenset({
    "test", "tests", "idle_test", "idlelib", "turtledemo", "pydoc_data",  # neither documentation nor library code
    "lib2to3", "distutils", "ensurepip", "encodings", "__phello__", "antigravity.py", "this.py",  # old, tables, jokes
    "site-packages", "dist-packages", "lib-dynload", "__pycache__", "msilib", "tkinter", "turtle.py",  # not everywhere
})  # fmt: skip
HEADING = re.compile(r"\n(?=[^\n]+\n(?:\*{3,}|={3,}|-{3,}|~{3,}|\^{3,})\n)")
SHORTEST_NAME, SHORTEST_TEXT = 3, 1000  # characters
SHORTEST_PIECE = 120  # characters; leaves out headings whose text was all repeated
PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "—": "--", "–": "-", "\xa0": " "})


def identity() -> str:
    """A hash of what the embedded corpora depend on: the recipe, and the installed Python."""
    return hashlib.sha256(f"{RECIPE}\n{sys.version}\n{sysconfig.get_paths()['stdlib']}".encode()).hexdigest()


def alice() -> str:
    """Alice's Adventures in Wonderland, by Lewis Carroll, 1865, the twelve chapters: in the public domain.

    The words are those of the edition that the package wordcloud 1.9.6 has among its examples, without the notes of its
    distributors before and after them, without spaces at the ends of lines, and with at most two empty lines in a row.
    """
    return Path(__file__).with_name("alice.txt").read_text(encoding="utf-8")


def python_docs() -> str:
    """The language reference of `pydoc_data.topics` and the docstrings of the standard library's public modules."""
    seen: set[str] = set()
    pieces = [_without_repeats(piece, seen) for piece in _mixed([*_topics(), *_docstrings()])]
    return _joined(piece for piece in pieces if len(piece) >= SHORTEST_PIECE)


def python_source() -> str:
    """Whole modules of the standard library, up to 6 MB."""
    pieces = _mixed(f"# {name}\n\n{_normal(source)}" for name, source in _modules())
    chosen, total = [], 0
    for piece in filter(_is_plain, pieces):
        total += len(piece)
        if total > SOURCE_LIMIT:
            break
        chosen.append(piece)
    return _joined(chosen)


def python_names() -> str:
    """The names of the standard library's public functions, classes and arguments, one a line, none twice."""
    names = {name for _, source in _modules() for name in _named(source) if len(name) >= SHORTEST_NAME}
    return _joined(_mixed(name for name in names if name.isascii() and not name.startswith("_")), "\n")


def _named(source: str) -> Iterator[str]:
    """The names that a module gives to its functions, classes and arguments."""
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _joined(pieces: Iterable[str], between: str = "\n\n\n") -> str:
    text = between.join(pieces) + "\n"
    if len(text) < SHORTEST_TEXT:
        raise TextError(
            "This Python has no text of its standard library",
            sysconfig.get_paths()["stdlib"],
            "Give a text file instead, or `charlm data fetch tiny-shakespeare`.",
        )
    return text


def _mixed(pieces: Iterable[str]) -> list[str]:
    """The pieces ordered by a hash of their titles (first lines), so that every split gets the same mixture."""
    return sorted(pieces, key=lambda piece: hashlib.sha256(piece.partition("\n")[0].encode()).digest())


def _normal(text: str) -> str:
    """Plain quotes and dashes, no tabs, no trailing spaces, at most two empty lines in a row."""
    lines = (line.rstrip() for line in text.translate(PLAIN).expandtabs(4).splitlines())
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def _is_plain(text: str) -> bool:
    """Whether the text is printable ASCII: other characters are too rare here to be learnt."""
    return text.isascii() and text.replace("\n", "").isprintable()


def _without_repeats(piece: str, seen: set[str]) -> str:
    """The piece without the paragraphs in `seen`. Adds its own to `seen`."""
    kept = []
    for paragraph in _normal(piece).split("\n\n"):
        words = " ".join(paragraph.split())
        if _is_plain(paragraph) and words not in seen:
            kept.append(paragraph)
            seen.add(words)
    return "\n\n".join(kept).strip("\n")


def _topics() -> Iterator[str]:
    """The language reference, a section at a time, title first."""
    try:
        from pydoc_data.topics import topics
    except ImportError:  # some distributions ship Python without it
        return
    for _, text in sorted(topics.items()):
        yield from HEADING.split(text.strip("\n"))


def _modules() -> Iterator[tuple[str, str]]:
    """Dotted names and sources of the standard library's modules, sorted by path."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).parts
        if LEFT_OUT.intersection(parts) or any(part.startswith(("config-", "_sysconfigdata")) for part in parts):
            continue
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        yield ".".join(parts).removesuffix(".py").removesuffix(".__init__"), source


def _parsed(source: str) -> ast.Module:
    """The module, which is empty if it is of another Python than this one."""
    try:
        with warnings.catch_warnings(action="ignore"):  # SyntaxWarning for invalid escapes
            return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def _docstrings() -> Iterator[str]:
    """The docstrings of each public module, its public classes and functions, title first."""
    for name, source in _modules():
        if any(part.startswith("_") for part in name.split(".")):
            continue
        module = _parsed(source)
        if not module.body:
            continue
        title = f"The {name} module"
        described = [f"{title}\n{'*' * len(title)}", ast.get_docstring(module) or "", *_members(module, "")]
        yield "\n\n".join(filter(None, described))


def _members(scope: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    """Signature and indented docstring of each public class and function that has one."""
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        signature = f"class {prefix}{node.name}"
        if not isinstance(node, ast.ClassDef):
            signature = f"{prefix}{node.name}({ast.unparse(node.args)})"
        if docstring := ast.get_docstring(node):
            yield f"{signature}\n{textwrap.indent(docstring, '   ')}"
        if isinstance(node, ast.ClassDef):
            yield from _members(node, f"{prefix}{node.name}.")
