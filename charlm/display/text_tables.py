"""`charlm data` as tables: the named corpora, one text, its statistics. Knows no file: dicts in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from charlm.text.quoting import quoted
from charlm.text.vocabulary import UNITS

Row = tuple[str, ...]

FILES = 12  # that are listed; --json has all
SYMBOLS = 12  # that are listed; --json has all


def corpus_rows(corpora: Iterable[Mapping[str, Any]]) -> list[Row]:
    """A heading, and a row for each named corpus."""
    return [("name", "bytes", "here", "about"), *(_corpus_row(corpus) for corpus in corpora)]


def _corpus_row(corpus: Mapping[str, Any]) -> Row:
    here = "yes" if corpus["here"] else "no"
    return (
        corpus["name"],
        f"{corpus['bytes']:,}" if corpus["bytes"] else "-",
        here if corpus["url"] else "built in",
        corpus["about"],
    )


def text_rows(text: Mapping[str, Any]) -> list[Row]:
    """A text: its source, its files, and notes. Of a named corpus also what it is, and how it is usually split."""
    rows = [("text", text["name"])]
    if "about" in text:
        train, valid, test = (f"{100 * share:g}" for share in text["splits"])
        rows += [("about", text["about"]), ("usual split", f"train {train} %, valid {valid} %, test {test} %")]
        rows += [("from", text["url"] or "this Python's own library")]
        rows += [] if text["here"] else [("here", f"no; download it with `charlm data fetch {text['name']}`")]
    files = text.get("files", [])
    rows += [("file", f"{file['name']}, {file['bytes']:,} bytes") for file in files[:FILES]]
    rows += [("", f"and {len(files) - FILES:,} more")] if len(files) > FILES else []
    return rows + [("note", note) for note in text.get("notes", [])]


def statistics_rows(measured: Mapping[str, Any]) -> list[Row]:
    """What `charlm data stats` measured; the most frequent symbols last."""
    many = UNITS[measured["unit"]]
    one = many.removesuffix("s")
    frequent = sorted(measured["counts"].items(), key=lambda item: -item[1])[:SYMBOLS]
    return [
        ("text", ", ".join(measured["sources"])),
        ("encoding", measured["encoding"]),
        (many, f"{measured['characters']:,}"),
        ("bytes in UTF-8", f"{measured['bytes']:,}"),
        ("sha256", measured["sha256"]),
        ("split", ", ".join(f"{name} {size:,}" for name, size in measured["splits"].items())),
        ("symbols", f"{measured['symbols']:,}"),
        ("entropy", f"{measured['entropy_bits']:.4f} bits per {one}, without context"),
        ("", f"{measured['bigram_entropy_bits']:.4f} bits per {one}, given the {one} before"),
        *(("note", note) for note in measured["notes"]),
        *(
            ("most frequent" if not place else "", f"{quoted(symbol)} {count:,}")
            for place, (symbol, count) in enumerate(frequent)
        ),
    ]
