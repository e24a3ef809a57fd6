"""`charlm sample`: text from a trained model, on stdout as it is written. Imports no torch unless it uses a GPU."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.cli.completing import complete_device, complete_run
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, JsonAtEnd
from charlm.cli.record_choice import RecordChoice, label_prompt
from charlm.config.device_names import check_device_option
from charlm.display.output import print_json
from charlm.display.printing import is_terminal, print_stderr, until_closed
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
        int | None,
        typer.Option(
            "--length",
            "-n",
            help="Characters to write (bytes, if the model works on bytes). Default: 500; a whole record.",
        ),
    ] = None,
    count: Annotated[int, typer.Option(help="Samples to write, each with its own random numbers.")] = 1,
    label: Annotated[str | None, typer.Option(help="A model of records: the label to begin with (text.label).")] = None,
    cell_file: CellFile = None,
    unique: Annotated[bool, typer.Option("--unique", help="A model of records: no record twice.")] = False,
    novel: Annotated[
        bool, typer.Option("--novel", help="A model of records: none that stands in the training text.")
    ] = False,
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
    as_json: JsonAtEnd = False,
    interactive: Annotated[
        bool,
        typer.Option("--interactive", "-i", help="Answer one prompt after another and keep the state; :help explains."),
    ] = False,
    choose: Annotated[
        bool, typer.Option("--choose", help="Show the ten likeliest next characters; you pick, one by one.")
    ] = False,
) -> None:
    """Write text with a trained model."""
    _check_options(500 if length is None else length, count, seed, stop or [], device)
    session = "--choose" if choose else "--interactive" if interactive else ""
    if session:
        _check_session(session, interactive and choose, count, as_json, unique, novel)

    import numpy as np

    from charlm.display.progress import watched_samples
    from charlm.display.sample_text import print_samples, record_separator
    from charlm.display.text_notes import prompt_notes, source_notes
    from charlm.display.waiting import Waiting
    from charlm.sampling.decoding import Decoding
    from charlm.sampling.generation import read
    from charlm.sampling.whole_records import LONGEST, TRIES, write_records
    from charlm.sampling.writing import Wanted, opening_ids, write_samples
    from charlm.text import prompt as prompts
    from charlm.text.unknown import UnknownCharacters

    decoding = Decoding(temperature, top_k, top_p, min_p, repetition_penalty)
    piped = prompts.piped_prompt() if prompt is None and prompt_file is None and not session else ""
    text = piped or prompts.read_prompt(prompt, prompt_file)

    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.text.records.record_lanes import record_end_id

    checkpoint = open_named(run, "charlm sample {run} --prompt-file {text}")
    vocabulary, end = checkpoint.vocabulary, record_end_id(checkpoint.settings.text, checkpoint.vocabulary)
    for option, value in (("--label", label), ("--unique", unique), ("--novel", novel)):
        if value and end is None:
            what = f"{option} is for models of records, and {checkpoint.run_name} is none"
            raise UsageError(what, option, "Train one with --records, or leave this out.")
    if label is not None:
        text = label_prompt(checkpoint, label) + text
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
        for note in prompt_notes(UnknownCharacters.of(vocabulary, encoded.unknown, unknown)) if not session else ():
            print_stderr(note)
        for option, given in (("--prompt", prompt or ""), *(("--stop", one) for one in stop or [])):
            if typed := prompts.typed_escape(given, "\\" in vocabulary.symbols):
                print_stderr(f"{option} '{given}' has a backslash in it. For a line end or a tab: {option} {typed}")
            elif option == "--stop" and vocabulary.encode(given, "skip").unknown:
                print_stderr(f"--stop {given!r} has characters that the model never writes")

        model: Model[Any] = on_gpu or stepper(checkpoint.writer)
        length = (500 if end is None else LONGEST) if length is None else length
        if session:
            from charlm.cli import sample_session
            from charlm.sampling.conversation import Conversation

            start = Conversation(model, vocabulary, seed, end, decoding, length, tuple(stop or ()))
            (sample_session.choose if choose else sample_session.converse)(start, unknown, text)
            return
        after = read(model, opening_ids(vocabulary, encoded.ids, end))
        wanted = Wanted(decoding, length, stop or (), end)
        begun = vocabulary.decode(after.ids[end is not None :]) if encoded.ids.size else ""
        choice = RecordChoice(checkpoint, unique, novel) if end is not None and length else None
        samples = (
            write_records(model, vocabulary, after, wanted, seed, count, begun, choice.accept)
            if choice
            else write_samples(model, vocabulary, after, wanted, seed, range(count))
        )
        seen = is_terminal(sys.stdout) and not as_json  # then the text itself shows how far it is
        with nullcontext() if seen else Waiting("writing") as line:
            samples = watched_samples(samples, count, line) if line else samples
            if not as_json:
                between = record_separator(checkpoint.settings.text, vocabulary) if end is not None else ""
                # the marks and their count are for people: for nobody the training text is not opened
                marked = choice if is_terminal(sys.stdout) or is_terminal(sys.stderr) else None
                printed = print_samples(text, begun, samples, count, between, marked)
            else:
                collected = [_collected(pieces, begun, choice) for pieces in samples]
        if not as_json:
            if choice and printed < count:
                refused = ", ".join(f"{number:,} {why}" for why, number in choice.refused.items()) or "the rest empty"
                print_stderr(f"only {printed:,} of {count:,}: {count * TRIES:,} samples were tried, {refused}")
            return
        result = {
            "run": checkpoint.run_name,
            "step": checkpoint.step,
            "seed": seed,
            "prompt": text,
            "settings": asdict(decoding) | {"length": length, "stop": stop or [], "unknown": unknown},
            "unknown_characters": sum(encoded.unknown.values()),
            "samples": collected,
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


def _check_session(session: str, both: bool, count: int, as_json: bool, unique: bool, novel: bool) -> None:
    """Raise UsageError for options that have no meaning if a person writes with the model."""
    options = {"--interactive": both, "--count": count != 1, "--json": as_json, "--unique": unique, "--novel": novel}
    for option, given in options.items():
        if given:
            remedy = f"Leave {option} out, or leave {session} out."
            raise UsageError(f"{session} and {option} cannot go together", f"{session} {option}", remedy)


def _gpu_stepper(checkpoint: Checkpoint, device: str) -> GraphStepper:
    """Raise UsageError if there is no such GPU."""
    from charlm.device import choose_compute
    from charlm.engines.choosing import gpu_stepper

    return gpu_stepper(checkpoint.writer, choose_compute(device, "fp32").torch_device())


def _collected(pieces: Iterable[Fragment], begun: str, choice: RecordChoice | None) -> dict[str, str | int | None]:
    written = list(pieces)
    text = "".join(piece.text for piece in written)
    about: dict[str, str | int | None] = {"text": text, "characters": len(text), "stopped": written[-1].stopped}
    if choice:
        about["in_training_text"] = choice.is_known(begun + text)
    return about
