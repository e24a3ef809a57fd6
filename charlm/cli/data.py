"""`charlm data`: lists, shows, downloads and measures texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli import data_pairs, data_sounds, data_synthetic
from charlm.cli.completing import complete_corpus, complete_setting
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.new_file import write_new
from charlm.cli.options import Encoding, Json, Records
from charlm.display.output import print_columns, print_json, print_text, stdout_width

if TYPE_CHECKING:
    from charlm.text.corpora.named import NamedCorpus

app = typer.Typer(cls=Group, no_args_is_help=True)
data_pairs.add_pair_tasks(data_synthetic.app)
app.add_typer(data_synthetic.app, name="synthetic", help="Make a text whose best possible score is known.")

SOUNDS = examples("charlm data sounds -o sounds.tsv", "charlm data sounds --from cmudict.dict")
app.command("sounds", cls=Command, epilog=SOUNDS)(data_sounds.sounds)

FIRST_LINES = 12
WIDEST_LINE = 100  # characters of a line that `show` prints

Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="KEY=VALUE", help="A setting, such as text.unit=byte.", autocompletion=complete_setting
    ),
]


@app.command("list", cls=Command, epilog=examples("charlm data list"))
def list_corpora(as_json: Json = False) -> None:
    """List the named corpora, and whether they are on this machine."""
    from charlm.display.text_tables import corpus_rows
    from charlm.text.cache import cache_folder
    from charlm.text.corpora.named import CORPORA

    corpora = [_about(corpus) for corpus in CORPORA.values()]
    if as_json:
        print_json({"cache": str(cache_folder()), "corpora": corpora})
    else:
        print_columns(corpus_rows(corpora))


@app.command("show", cls=Command, epilog=examples("charlm data show tiny-shakespeare", "charlm data show mybook.txt"))
def show(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help="A named corpus, a file, a folder, a glob or - (standard input).",
            autocompletion=complete_corpus,
        ),
    ],
    encoding: Encoding = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Show a text: its source, its files, and its first lines."""
    from charlm.config.resolving import resolve
    from charlm.display.text_tables import text_rows
    from charlm.text.corpora.named import CORPORA
    from charlm.text.preview import preview_text

    corpus = CORPORA.get(text)
    about = _about(corpus) if corpus else {"name": text}
    if not corpus or about["here"]:
        chosen = resolve(None, settings or [], {"text.sources": (text,), "text.encoding": encoding}).settings.text
        width = None if as_json else stdout_width()
        found = preview_text(chosen, FIRST_LINES, min(width or WIDEST_LINE, WIDEST_LINE))
        files = [{"name": name, "bytes": size} for name, size in found.files]
        about |= {"files": files, "notes": list(found.notes), "first_lines": list(found.lines)}
    if as_json:
        print_json(about)
        return
    print_columns(text_rows(about))
    if "first_lines" in about:
        print_text("\n".join(["", *about["first_lines"], ""]))


@app.command("fetch", cls=Command, epilog=examples("charlm data fetch tiny-shakespeare"))
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A named corpus; `charlm data list` lists them.", autocompletion=complete_corpus
        ),
    ],
    as_json: Json = False,
) -> None:
    """Download a corpus into the cache. No other command uses the network."""
    from charlm.config.suggestions import suggestion
    from charlm.errors import UsageError
    from charlm.text.corpora.fetching import fetch_corpus
    from charlm.text.corpora.named import CORPORA

    corpus = CORPORA.get(name)
    if corpus is None:
        remedy = suggestion(name, CORPORA) or "`charlm data list` lists them."
        raise UsageError(f"There is no corpus {name!r}", "charlm data fetch", remedy)
    path = None if corpus.recipe else fetch_corpus(corpus, progress=sys.stderr.isatty())
    if as_json:
        print_json(_about(corpus) | {"path": path and str(path)})
    elif path:
        print_columns([(name, str(path))])
    else:
        print_columns([(name, "needs no download: it comes with charlm or with Python")])


@app.command(
    "write",
    cls=Command,
    epilog=examples("charlm data write python-docs --output docs.txt", "charlm data write old.txt --encoding cp1252"),
)
def write(
    texts: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT",
            help="Files, folders, globs, named corpora or - (standard input).",
            autocompletion=complete_corpus,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file that does not exist yet. Default: standard output."
        ),
    ] = None,
    encoding: Encoding = None,
    settings: Overrides = None,
) -> None:
    """Write a text as charlm reads it, in UTF-8: one file from an archive, a folder or another encoding."""
    from charlm.config.resolving import resolve
    from charlm.display.printing import print_stderr
    from charlm.display.waiting import Waiting
    from charlm.text.corpus import open_corpus

    options = {"text.sources": tuple(texts), "text.encoding": encoding}
    chosen = resolve(None, settings or [], options).settings.text
    with Waiting("reading the text"):
        # in the order of the files, and with all characters
        corpus = open_corpus(chosen.model_copy(update={"split": "contiguous", "min_count": 1}))
        as_bytes = corpus.vocabulary.unit == "byte"
        content = corpus.vocabulary.decode_bytes(corpus.ids) if as_bytes else None
        text = corpus.vocabulary.decode(corpus.ids)
    for note in corpus.notes:
        print_stderr(note)
    if output:
        write_new(output, text.encode() if content is None else content)
    else:
        print_text(text)
    print_stderr(f"{corpus.characters:,} characters{f' in {output}' if output else ''}")


@app.command(
    "stats",
    cls=Command,
    epilog=examples("charlm data stats mybook.txt", "charlm data stats mybook.txt -s text.unit=byte --json"),
)
def stats(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Files, folders, globs, named corpora or - (standard input). Default: alice.",
            autocompletion=complete_corpus,
        ),
    ] = None,
    records: Records = False,
    encoding: Encoding = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Count the symbols of a text, and measure how well symbol and bigram frequencies predict it."""
    from charlm.config.resolving import resolve
    from charlm.display.progress import watched_opening
    from charlm.display.text_tables import statistics_rows
    from charlm.display.waiting import Waiting
    from charlm.text.corpus import describe_corpus, open_in_steps
    from charlm.text.statistics import bigram_entropy, entropy, symbol_counts

    sources = tuple(texts) if texts else None
    options = {"text.sources": sources, "text.records": records or None, "text.encoding": encoding}
    chosen = resolve(None, settings or [], options).settings.text
    with Waiting("reading the text") as waiting:
        corpus = watched_opening(open_in_steps(chosen), waiting)
        waiting.say("counting its symbols")
        counts = symbol_counts(corpus.ids, corpus.vocabulary.size)
        bigrams = bigram_entropy(corpus.ids, corpus.vocabulary.size)
    measured = describe_corpus(corpus) | {
        "entropy_bits": entropy(counts),
        "bigram_entropy_bits": bigrams,
        "counts": dict(zip(corpus.vocabulary.symbols, counts.tolist(), strict=True)),
    }
    if as_json:
        print_json(measured)
    else:
        print_columns(statistics_rows(measured))


def _about(corpus: NamedCorpus) -> dict[str, Any]:
    from charlm.text.corpora.named import fetched_file

    return {
        "name": corpus.name,
        "about": corpus.about,
        "here": bool(corpus.recipe) or fetched_file(corpus).is_file(),
        "url": corpus.url or None,
        "bytes": corpus.text_bytes or None,
        "sha256": corpus.text_sha256,
        "splits": list(corpus.splits),
    }
