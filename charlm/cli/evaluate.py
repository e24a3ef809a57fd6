"""`charlm eval`: how well a trained model predicts a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli.completing import complete_corpus, complete_run
from charlm.cli.help_pages import Command, Group, examples
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.evaluation.scorers import WindowScorer
    from charlm.evaluation.text import TextScore
    from charlm.text.corpus import Corpus
    from charlm.text.vocabulary import Ids

app = typer.Typer(cls=Group, no_args_is_help=True)

Policy = Literal["skip", "error", "nearest", "charge"]
UNKNOWN = (
    "Characters that the model does not know: leave them out (skip), read the nearest known ones, charge what a code "
    "would pay to name them, or end with an error. A model with an unknown symbol (text.min_count) leaves none out: it "
    "reads that symbol, and their names are always charged."
)
SMALL = 2_000_000  # characters; numpy scores fewer in less time than it takes to import torch and find a device


@app.callback()
def _group() -> None:
    """Score text with a trained model."""


@app.command(
    "perplexity",
    cls=Command,
    epilog=examples("charlm eval perplexity mybook", "charlm eval perplexity mybook otherbook.txt --json"),
)
def perplexity(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
            autocompletion=complete_run,
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, globs, named corpora or - (standard input) to score.", autocompletion=complete_corpus
        ),
    ] = None,
    cell_file: CellFile = None,
    split: Annotated[
        Literal["train", "valid", "test"] | None,
        typer.Option(help="Without TEXT: which split of the run's own text to score. Default: valid."),
    ] = None,
    moved: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="PATH", help="Where the run's own text is now, if it has moved."),
    ] = None,
    valid: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Where the run's own validation text (train --valid) is now."),
    ] = None,
    test: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Where the run's own test text (train --test) is now.")
    ] = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "skip",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of TEXT; auto decides for each file. Default: that of the run.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score every character of a text: bits per character and per byte, nats, perplexity."""
    import shlex
    import time

    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.checkpoint.reopening import reopen_text
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.text.length import require_two

    checkpoint = open_named(run, "charlm eval perplexity {run} {text}")
    if text and split:
        raise UsageError("--split selects a part of the run's own text", f"--split {split}", "Give --split or TEXT.")
    places = Moved(moved or (), valid or (), test or ())
    if text and places.given:
        option, *_ = words = places.words()
        what = f"{option} names a text of the run's own, to score one of its splits"
        raise UsageError(what, " ".join(words), f"Give {option}, or TEXT to score all of it.")
    began = time.perf_counter()
    with Waiting("reading the text") as line:
        if text:
            corpus = _given_text(checkpoint, text, encoding, unknown)
        else:
            command = f"charlm eval perplexity {shlex.quote(run or checkpoint.run_name)}"
            corpus = reopen_text(
                checkpoint,
                f"{command} --split {split or 'valid'}",
                f"To score all of another text: {command} PATH",
                places,
            )
        ids = corpus.ids if text else corpus.split(split or "valid")
        require_two(ids.size, "The text" if text else f"The {split or 'valid'} split", corpus.name)
        found = _score(checkpoint, corpus, ids, device, unknown, line)
    result = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "text": corpus.name,
        "unit": corpus.vocabulary.unit,
        **_units(found),
        "seconds": round(time.perf_counter() - began, 3),
        "protocol": {
            "split": "all" if text else split or "valid",
            "state": "fresh at each record" if checkpoint.settings.text.records else "carried over the whole text",
            "streams": 1,
            "unit": corpus.vocabulary.unit,
            "unknown": unknown,
        },
    }
    if as_json:
        print_json(result)
    else:
        from charlm.display.score_table import print_score

        print_score(result, found.lacking, corpus.notes)


@app.command("compare", cls=Command, epilog=examples("charlm eval compare mybook names --text mybook.txt"))
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN RUN...", help="Runs, their folders or checkpoints.", autocompletion=complete_run),
    ],
    text: Annotated[
        list[str], typer.Option("--text", metavar="FILE|CORPUS", help="The text to score; can be repeated.")
    ],
    cell_file: CellFile = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "charge",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the text; auto decides for each file. Default: that of each run.")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score one text with several models; characters that a model does not know are charged, so that it is fair."""
    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError

    if len(runs) < 2:
        raise UsageError(
            "A comparison needs at least two runs",
            f"charlm eval compare {runs[0]}",
            f"Name two, or score one: charlm eval perplexity {runs[0]} {text[0]}",
        )
    checkpoints = [open_named(run, "charlm eval compare {run} RUN --text {text}") for run in runs]
    scores: list[dict[str, Any]] = []
    with Waiting("reading the text") as line:
        for checkpoint in checkpoints:
            corpus = _given_text(checkpoint, text, encoding, unknown)
            found = _score(checkpoint, corpus, corpus.ids, device, unknown, line)
            about = {"run": checkpoint.run_name, "step": checkpoint.step, "unit": corpus.vocabulary.unit}
            scores.append(about | _units(found))
    if as_json:
        print_json({"text": corpus.name, "unknown": unknown, "runs": scores})
    else:
        from charlm.display.score_table import print_comparison

        print_comparison(scores, unknown)


def _score(checkpoint: Checkpoint, corpus: Corpus, ids: Ids, device: str, unknown: Policy, line: Waiting) -> TextScore:
    """The score of ids (N,), which are all of the text or a part of it; the line says how far it is."""
    from charlm.display.progress import WatchedScorer
    from charlm.evaluation.text import reading_of, score_text
    from charlm.text.records.record_lanes import record_end_id
    from charlm.text.unknown import UnknownCharacters

    vocabulary = corpus.vocabulary
    # Of a part of the text, the bytes that normalizing took or added are known in proportion.
    lacking = UnknownCharacters.of(vocabulary, corpus.unknown, reading_of(unknown))
    elsewhere = lacking.bytes_of_symbol(vocabulary) * sum(lacking.as_symbol.values())
    changed_bytes = round((corpus.given_bytes - corpus.bytes - elsewhere) * ids.size / corpus.characters)
    scorer = WatchedScorer(_scorer(checkpoint, device, ids.size), ids.size, line)
    end = record_end_id(checkpoint.settings.text, vocabulary)
    return score_text(scorer, ids, vocabulary, end, unknown, corpus.unknown, changed_bytes)


def _units(found: TextScore) -> dict[str, float]:
    """The values of a score for `--json`."""
    score, lacking = found.score, found.lacking
    return {
        "nats_per_character": score.nats_per_character,
        "bits_per_character": score.bits_per_character,
        "bits_per_byte": score.bits_per_byte(found.bytes),
        "perplexity": score.perplexity,
        "characters": score.characters,
        "bytes": found.bytes,
        "unknown_characters": found.unknown,
        "unknown_replaced": sum(lacking.replaced.values()),
        "unknown_left_out": 0 if lacking.has_symbol else sum(lacking.left_out.values()) - found.charged,
        "unknown_charged": found.charged,
        "unknown_bits": found.charged_bits,
    }


def _given_text(checkpoint: Checkpoint, text: list[str], encoding: str | None, unknown: Policy) -> Corpus:
    from charlm.evaluation.text import reading_of
    from charlm.text.corpus import open_corpus

    changes: dict[str, object] = {"sources": tuple(text), "decided": (), "split": "contiguous", "valid": (), "test": ()}
    if encoding:
        changes["encoding"] = encoding
    return open_corpus(checkpoint.settings.text.model_copy(update=changes), checkpoint.vocabulary, reading_of(unknown))


def _scorer(checkpoint: Checkpoint, device: str, characters: int) -> WindowScorer:
    """numpy for a short text or the cpu, torch for a long text or another device."""
    from charlm.evaluation.scorers import NumpyScorer, TorchScorer

    if device == "cpu" or (device == "auto" and characters < SMALL):
        return NumpyScorer(checkpoint.model)
    import torch

    from charlm.device import choose_compute
    from charlm.model.language_model import LanguageModel

    chosen = choose_compute(device, "fp32").torch_device()
    parameters = {name: torch.tensor(value).to(chosen) for name, value in checkpoint.parameters.items()}
    return TorchScorer(LanguageModel(checkpoint.settings.model, parameters))
