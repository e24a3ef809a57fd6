"""`charlm sample`: text from a trained model, on stdout as it is written. Imports no torch unless it uses a GPU."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli.completing import complete_device, complete_run
from charlm.config.device_names import check_device_option
from charlm.display.output import print_json
from charlm.display.printing import print_stderr, until_closed
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.engines.graph_stepper import GraphStepper
    from charlm.sampling.generation import Model
    from charlm.sampling.writer import Fragment

DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def sample(
    run: Annotated[
        str | None,
        typer.Argument(
            help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
            autocompletion=complete_run,
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", "-p", help="The beginning, which the model continues. Default: what is piped in."),
    ] = None,
    prompt_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file with the prompt, all of it; - is standard input.")
    ] = None,
    length: Annotated[
        int, typer.Option("--length", "-n", help="Characters to write (bytes, if the model works on bytes).")
    ] = 500,
    count: Annotated[int, typer.Option(help="Samples to write, each with its own random numbers.")] = 1,
    temperature: Annotated[
        float, typer.Option(help="Below 1 is more conservative, above 1 more random; 0 is greedy.")
    ] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="Choose only among the K most likely characters.")] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Choose only among the most likely characters that together have probability P."),
    ] = None,
    min_p: Annotated[
        float | None,
        typer.Option(help="Choose only among characters at least P times as likely as the most likely one."),
    ] = None,
    repetition_penalty: Annotated[
        float, typer.Option(help="Above 1 makes recent characters less likely; 1 has no effect.")
    ] = 1.0,
    stop: Annotated[list[str] | None, typer.Option(help="Stop before this text; can be repeated.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed; the same seed gives the same text. Default: random, and printed.")
    ] = None,
    unknown: Annotated[
        Literal["skip", "error", "nearest"],
        typer.Option(help="What to do with characters of the prompt that the model does not know."),
    ] = "skip",
    device: Annotated[
        str,
        typer.Option(
            help="Device: auto, cpu, mps or cuda. cuda is for many samples at once.", autocompletion=complete_device
        ),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Write text with a trained model."""
    _check_options(length, count, seed, stop or [], device)

    import numpy as np

    from charlm.display.sample_text import print_sample, print_separator
    from charlm.display.text_notes import prompt_notes, source_notes
    from charlm.sampling.decoding import Decoding
    from charlm.sampling.generation import read
    from charlm.sampling.writing import Wanted, opening_ids, write_samples
    from charlm.text import prompt as prompts
    from charlm.text.unknown import UnknownCharacters

    decoding = Decoding(temperature, top_k, top_p, min_p, repetition_penalty)
    piped = prompts.piped_prompt() if prompt is None and prompt_file is None else ""
    text = piped or prompts.read_prompt(prompt, prompt_file)

    from charlm.checkpoint import load_checkpoint
    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.runs import find_checkpoint, runs_root

    checkpoint = load_checkpoint(find_checkpoint(runs_root(), run))
    vocabulary, records = checkpoint.vocabulary, checkpoint.settings.text.records
    text = prompts.as_trained(text, checkpoint.settings.text, vocabulary)
    encoded = vocabulary.encode(text, unknown)
    seed = fresh_seed() if seed is None else seed
    on_gpu = _gpu_stepper(checkpoint, device) if device.startswith("cuda") and count > 1 else None

    # Overflowing scores raise an error of their own, so numpy need not warn about them.
    with until_closed(sys.stdout), np.errstate(over="ignore", invalid="ignore"):
        print_stderr(f"{checkpoint.run_name}, step {checkpoint.step}, seed {seed}")
        for note in (*source_notes(piped), *(on_gpu.notes if on_gpu else ())):
            print_stderr(note)
        if device.startswith(("cuda", "mps")) and not on_gpu:
            print_stderr(f"--device {device}: the cpu is used instead, which is faster for one character at a time")
        for note in prompt_notes(UnknownCharacters.of(vocabulary, encoded.unknown, unknown)):
            print_stderr(note)
        for option, given in (("--prompt", prompt or ""), *(("--stop", one) for one in stop or [])):
            if typed := prompts.typed_escape(given, "\\" in vocabulary.symbols):
                print_stderr(f"{option} '{given}' has a backslash in it. For a line end or a tab: {option} {typed}")
            elif option == "--stop" and vocabulary.encode(given, "skip").unknown:
                print_stderr(f"--stop {given!r} has characters that the model never writes")

        model: Model[Any] = on_gpu or stepper(checkpoint.model)
        after = read(model, opening_ids(vocabulary, encoded.ids, records))
        wanted = Wanted(decoding, length, stop or (), records)
        samples = write_samples(model, vocabulary, after, wanted, seed, range(count))
        if not as_json:
            for number, pieces in enumerate(samples):
                if number and not records:
                    print_separator(number + 1, count)
                print_sample(text, pieces)
            return
        result = {
            "run": checkpoint.run_name,
            "step": checkpoint.step,
            "seed": seed,
            "prompt": text,
            "settings": asdict(decoding) | {"length": length, "stop": stop or [], "unknown": unknown},
            "unknown_characters": sum(encoded.unknown.values()),
            "samples": [_collected(pieces) for pieces in samples],
        }
        print_json(result)


def _check_options(length: int, count: int, seed: int | None, stops: list[str], device: str) -> None:
    """Raise UsageError for a value out of range, before anything is read."""
    where = "in the options of sampling"
    if not 0 <= length <= 10**9:
        raise UsageError(f"--length cannot be {length}", where, "Give a number from 0 to 1,000,000,000.")
    if not 1 <= count <= 10**6:
        raise UsageError(f"--count cannot be {count}", where, "Give a number from 1 to 1,000,000.")
    if seed is not None and not 0 <= seed < 2**63:
        raise UsageError(f"--seed cannot be {seed}", where, "Give a number from 0 on, below 2 to the 63rd.")
    if "" in stops:
        raise UsageError("--stop cannot be empty", where, "Give the text to stop before, or leave the option out.")
    check_device_option(device)


def _gpu_stepper(checkpoint: Checkpoint, device: str) -> GraphStepper:
    """Raise UsageError if there is no such GPU."""
    from charlm.device import choose_compute
    from charlm.engines.choosing import gpu_stepper

    return gpu_stepper(checkpoint.model, choose_compute(device, "fp32").torch_device())


def _collected(pieces: Iterable[Fragment]) -> dict[str, str | int | None]:
    written = list(pieces)
    text = "".join(piece.text for piece in written)
    return {"text": text, "characters": len(text), "stopped": written[-1].stopped}
