"""`charlm data`: which texts there are, what they look like, and what is in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli import data_synthetic
from charlm.display.output import print_columns, print_json

if TYPE_CHECKING:
    from charlm.text.corpora import NamedCorpus

app = typer.Typer(no_args_is_help=True)
app.add_typer(data_synthetic.app, name="synthetic", help="Make a text whose best possible score is known.")

FIRST_LINES = 12
WIDEST_LINE = 100  # characters of a line that `show` prints
MOST_SYMBOLS = 12  # that `stats` prints; --json has all

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the text; utf-8 unless told.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting, such as text.unit=byte.")
]


@app.command("list")
def list_corpora(as_json: Json = False) -> None:
    """List the named corpora, and whether they are on this machine."""
    from charlm.text.cache import cache_folder
    from charlm.text.corpora import CORPORA

    if as_json:
        print_json({"cache": str(cache_folder()), "corpora": [_about(corpus) for corpus in CORPORA.values()]})
        return
    rows = [(name, _size(corpus), _whereabouts(corpus), corpus.about) for name, corpus in CORPORA.items()]
    print_columns([("name", "bytes", "here", "about"), *rows])


@app.command("show")
def show(
    text: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A named corpus, a file, a folder, a glob or -.")],
    encoding: Encoding = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Show what a text is, and how it begins."""
    from charlm.config.resolving import resolve
    from charlm.display.printing import put, until_closed
    from charlm.text.corpora import CORPORA
    from charlm.text.preview import preview_text

    corpus = CORPORA.get(text)
    about = _about(corpus) if corpus else {"name": text}
    if not corpus or about["here"]:
        chosen = resolve(None, settings or [], {"text.sources": (text,), "text.encoding": encoding}).settings.text
        found = preview_text(chosen, FIRST_LINES, WIDEST_LINE)
        files = [{"name": name, "bytes": size} for name, size in found.files]
        about |= {"files": files, "notes": list(found.notes), "first_lines": list(found.lines)}
    if as_json:
        print_json(about)
        return
    print_columns(_facts(about))
    if "first_lines" in about:
        with until_closed(sys.stdout):
            put(sys.stdout, "\n".join(["", *about["first_lines"], ""]))


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A corpus, as `charlm data list` names it.")],
    as_json: Json = False,
) -> None:
    """Download a corpus into the cache. Nothing else in charlm uses the network."""
    from charlm.config.suggestions import suggestion
    from charlm.errors import UsageError
    from charlm.text.corpora import CORPORA
    from charlm.text.fetching import fetch_corpus

    corpus = CORPORA.get(name)
    if corpus is None:
        remedy = suggestion(name, CORPORA) or "`charlm data list` names them."
        raise UsageError(f"There is no corpus {name!r}.", "charlm data fetch", remedy)
    path = None if corpus.recipe else fetch_corpus(corpus, progress=sys.stderr.isatty())
    if as_json:
        print_json(_about(corpus) | {"path": path and str(path)})
    elif path:
        print_columns([(name, str(path))])
    else:
        print_columns([(name, "needs no download: it is made from this Python")])


@app.command("stats")
def stats(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT ...", help="Files, folders, globs, - or named corpora.")
    ] = None,
    encoding: Encoding = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Count a text's symbols, and measure how well the simplest models predict them. None: python-docs."""
    from charlm.config.resolving import resolve
    from charlm.text.corpus import describe_corpus, open_corpus
    from charlm.text.statistics import bigram_entropy, entropy, symbol_counts

    options = {"text.sources": tuple(texts) if texts else None, "text.encoding": encoding}
    corpus = open_corpus(resolve(None, settings or [], options).settings.text)
    counts = symbol_counts(corpus.ids, corpus.vocabulary.size)
    measured = describe_corpus(corpus) | {
        "entropy_bits": entropy(counts),
        "bigram_entropy_bits": bigram_entropy(corpus.ids, corpus.vocabulary.size),
        "counts": dict(zip(corpus.vocabulary.symbols, counts.tolist(), strict=True)),
    }
    if as_json:
        print_json(measured)
    else:
        print_columns(_measures(measured))


def _measures(measured: dict[str, Any]) -> list[tuple[str, str]]:
    many = "bytes" if measured["unit"] == "byte" else "characters"
    one = many.removesuffix("s")
    frequent = sorted(measured["counts"].items(), key=lambda item: -item[1])[:MOST_SYMBOLS]
    return [
        ("text", ", ".join(measured["sources"])),
        ("encoding", measured["encoding"]),
        (many, f"{measured['characters']:,}"),
        ("bytes in UTF-8", f"{measured['bytes']:,}"),
        ("sha256", measured["sha256"]),
        ("split", ", ".join(f"{name} {size:,}" for name, size in measured["splits"].items())),
        ("symbols", f"{measured['symbols']:,}"),
        ("entropy", f"{measured['entropy_bits']:.4f} bits per {one}, each drawn alone"),
        ("", f"{measured['bigram_entropy_bits']:.4f} bits per {one}, each drawn by the one before it"),
        *(("note", note) for note in measured["notes"]),
        *(
            ("most frequent" if not place else "", f"{symbol!r} {count:,}")
            for place, (symbol, count) in enumerate(frequent)
        ),
    ]


def _about(corpus: NamedCorpus) -> dict[str, Any]:
    from charlm.text.corpora import fetched_file

    return {
        "name": corpus.name,
        "about": corpus.about,
        "here": bool(corpus.recipe) or fetched_file(corpus).is_file(),
        "url": corpus.url or None,
        "bytes": corpus.text_bytes or None,
        "sha256": corpus.text_sha256,
        "splits": list(corpus.splits),
    }


def _facts(about: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("text", about["name"])]
    if "about" in about:
        train, valid, test = (f"{100 * share:g}" for share in about["splits"])
        rows += [("about", about["about"]), ("usual split", f"train {train} %, valid {valid} %, test {test} %")]
        rows += [("from", about["url"])] if about["url"] else [("from", "this Python's own library")]
        rows += [] if about["here"] else [("here", f"no; `charlm data fetch {about['name']}` gets it")]
    rows += [("file", f"{file['name']}, {file['bytes']:,} bytes") for file in about.get("files", [])[:FIRST_LINES]]
    rows += (
        [("", f"and {len(about['files']) - FIRST_LINES:,} more")] if len(about.get("files", [])) > FIRST_LINES else []
    )
    return rows + [("note", note) for note in about.get("notes", [])]


def _size(corpus: NamedCorpus) -> str:
    return f"{corpus.text_bytes:,}" if corpus.text_bytes else "-"


def _whereabouts(corpus: NamedCorpus) -> str:
    if corpus.recipe:
        return "built in"
    return "yes" if _about(corpus)["here"] else "no"
