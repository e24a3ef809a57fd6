"""`charlm eval`: how well a trained model predicts a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.evaluation.scorers import WindowScorer
    from charlm.text.corpus import Corpus

app = typer.Typer(no_args_is_help=True)

SMALL = 2_000_000  # characters; numpy scores fewer in less time than it takes to import torch and find a device


@app.callback()
def _group() -> None:
    """Score text with a trained model."""


@app.command("perplexity")
def perplexity(
    run: Annotated[
        str | None, typer.Argument(help="A run's name, its folder or one of its checkpoints. Default: the latest run.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, globs, named corpora or - (standard input) to score.")
    ] = None,
    split: Annotated[
        Literal["train", "valid", "test"] | None,
        typer.Option(help="Without TEXT: which split of the run's own text to score. Default: valid."),
    ] = None,
    unknown: Annotated[
        Literal["skip", "error", "nearest"],
        typer.Option(help="What to do with characters that the model does not know."),
    ] = "skip",
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of TEXT; auto decides for each file. Default: that of the run.")
    ] = None,
    device: Annotated[str, typer.Option(help="Device: auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score every character of a text: nats, bits per character and per byte, perplexity."""
    import time

    from charlm.config.device_names import check_device_option
    from charlm.kernels.threads import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.checkpoint import load_checkpoint
    from charlm.checkpoint.reopening import reopen_text
    from charlm.errors import TextError, UsageError
    from charlm.evaluation.text import count_scored_bytes, score_ids
    from charlm.runs import find_checkpoint, runs_root

    checkpoint = load_checkpoint(find_checkpoint(runs_root(), run))
    if text and split:
        raise UsageError("--split selects a part of the run's own text", f"--split {split}", "Give --split or TEXT.")
    began = time.perf_counter()
    if text:
        corpus = _given_text(checkpoint, text, encoding, unknown)
    else:
        corpus = reopen_text(checkpoint, "Give a text to score: charlm eval perplexity RUN FILE")
    ids = corpus.ids if text else corpus.split(split or "valid")
    if ids.size < 2:
        what = "The text" if text else f"The {split or 'valid'} split"
        raise TextError(f"{what} has fewer than two characters to score", corpus.name, "Give a longer text.")
    records = checkpoint.settings.text.records
    score = score_ids(_scorer(checkpoint, device, ids.size), ids, corpus.vocabulary, records)
    result = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "text": corpus.name,
        "nats_per_character": score.nats_per_character,
        "bits_per_character": score.bits_per_character,
        "bits_per_byte": score.bits_per_byte(count_scored_bytes(ids, corpus.vocabulary, records)),
        "perplexity": score.perplexity,
        "characters": score.characters,
        "unknown_characters": sum(corpus.unknown.values()),
        "seconds": round(time.perf_counter() - began, 3),
        "protocol": {
            "split": "all" if text else split or "valid",
            "state": "fresh at each record" if records else "carried over the whole text",
            "streams": 1,
            "unit": corpus.vocabulary.unit,
            "unknown": unknown,
        },
    }
    if as_json:
        print_json(result)
    else:
        from charlm.display.score_table import print_score

        print_score(result, corpus)


def _given_text(
    checkpoint: Checkpoint, text: list[str], encoding: str | None, unknown: Literal["skip", "error", "nearest"]
) -> Corpus:
    from charlm.text.corpus import open_corpus

    changes: dict[str, object] = {"sources": tuple(text)}
    if encoding:
        changes["encoding"] = encoding
    return open_corpus(checkpoint.settings.text.model_copy(update=changes), checkpoint.vocabulary, unknown)


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
