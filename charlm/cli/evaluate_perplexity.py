"""`charlm eval perplexity`: one text, scored with one model, with several, or with a model and an n-gram."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from charlm.cli.completing import complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Device, Json
from charlm.cli.predictors import (
    Adapt,
    AdaptQuick,
    AdaptRate,
    BlendName,
    Choice,
    MixName,
    adapting_of,
    new_reading,
    temperature_of,
)
from charlm.cli.scored_text import (
    UNKNOWN,
    Encoding,
    MovedTest,
    MovedText,
    MovedValid,
    Order,
    Policy,
    Run,
    Split,
    Text,
    Wanted,
    open_wanted,
    require_whole,
    score_of,
    score_with,
    units_of,
)
from charlm.display.output import print_json, print_json_line
from charlm.display.printing import print_stderr


def perplexity(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    unknown: Annotated[Policy, typer.Option(help=UNKNOWN)] = "skip",
    encoding: Encoding = None,
    temperature: Annotated[
        str | None,
        typer.Option(
            metavar="fit|X", help="Divide the scores of the model by X, or by what suits the end of its training part."
        ),
    ] = None,
    ensemble: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN", help="Another model, to predict together; can be repeated.", autocompletion=complete_run
        ),
    ] = None,
    blend: Annotated[
        BlendName,
        typer.Option(
            help="How the models of an ensemble predict together: by the mean of their probabilities, or by their "
            "product, with weights that are learned while the text is read."
        ),
    ] = "mean",
    mix: Annotated[
        MixName | None,
        typer.Option(
            help="Mix with an n-gram of the training part (log-linear, weights learned while the text is read); one "
            "that is counting goes on to count the text that it reads, beside another of that text alone."
        ),
    ] = None,
    order: Order = None,
    adapt: Adapt = False,
    adapt_rate: AdaptRate = None,
    adapt_quick: AdaptQuick = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Read in order, and print the score so far every 10,000 characters.")
    ] = False,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Score every character of a text: bits per character and per byte, nats, perplexity."""
    import time

    from charlm.config.device_names import check_device_option
    from charlm.kernels.blas import limit_blas_threads

    check_device_option(device)
    limit_blas_threads()
    from charlm.checkpoint.moved import Moved
    from charlm.display.progress import PrintedScores
    from charlm.display.waiting import Silence, Waiting
    from charlm.errors import DivergedError, UsageError
    from charlm.evaluation.beside_model import BESIDE

    adapting = adapting_of(adapt, adapt_rate, adapt_quick)
    choice = Choice(temperature_of(temperature), tuple(ensemble or ()), blend, mix, order or BESIDE, adapting)
    if blend != "mean" and not ensemble:
        raise UsageError("--blend is for an ensemble", f"--blend {blend}", "Name other models with --ensemble RUN.")
    if not choice.is_plain and device not in ("auto", "cpu"):
        what = "Models that adapt, that are mixed, or at a temperature, read a text in order, on the CPU"
        raise UsageError(what, f"--device {device}", "Leave --device out.")
    checkpoint = open_named(run, "charlm eval perplexity {run} {text}")
    if stream or not choice.is_plain:
        require_whole(checkpoint, " ".join([*choice.words(), *(["--stream"] if stream else [])]))
    others = [open_named(each, "charlm eval perplexity {run} {text}") for each in choice.ensemble]
    places = Moved(moved or (), valid or (), test or ())
    wanted = Wanted(
        "charlm eval perplexity", text, split, places, encoding, unknown, choice.words(), choice.reads_training
    )
    began = time.perf_counter()
    about: dict[str, Any] = {}
    with Silence() if stream else Waiting("reading the text") as line:
        opened = open_wanted(checkpoint, run, wanted)
        corpus, ids = opened.corpus, opened.ids
        if choice.is_plain and not stream:
            found = score_of(checkpoint, corpus, ids, device, unknown, line)
        else:
            end = checkpoint.record_end
            try:
                reading = new_reading(choice, [checkpoint, *others], opened.own, end, line)
                tell = PrintedScores(as_json).scored if stream else None
                found = score_with(reading.predictor, checkpoint, corpus, ids, unknown, line, tell)
                about = reading.values()
            except DivergedError as error:  # of a model that adapts: the score of the model as it is is left
                print_stderr(str(error))
                line.say("scoring without adapting")
                found = score_of(checkpoint, corpus, ids, device, unknown, line)
                about = {"adapted": None, "diverged": str(error)}
    result = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "text": corpus.name,
        "unit": corpus.vocabulary.unit,
        **units_of(found),
        "seconds": round(time.perf_counter() - began, 3),
        "protocol": {
            "split": opened.split,
            "state": "fresh at each record" if checkpoint.settings.text.records else "carried over the whole text",
            "streams": 1,
            "unit": corpus.vocabulary.unit,
            "unknown": unknown,
            **about,
        },
    }
    if as_json:
        (print_json_line if stream else print_json)(result)
    else:
        from charlm.display.score_table import print_score

        print_score(result, found.lacking, corpus.notes)
