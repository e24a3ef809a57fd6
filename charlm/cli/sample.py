"""`charlm sample`: text from a trained model, on stdout as it is written. Does no arithmetic; knows no torch.

Each sample is shown with its prompt and followed by one newline. Samples of running text stand apart by a rule on
stderr where a person looks on, else by an empty line; records (`text.records`) come one a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from charlm.config.device_names import check_device_option
from charlm.display.printing import is_terminal, put, say, until_closed
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.engines.graph_stepper import GraphStepper
    from charlm.sampling.generation import Model
    from charlm.sampling.writer import Fragment

BETWEEN_FLUSHES = 0.1  # seconds, where no person watches the characters come


def sample(
    run: Annotated[
        str | None, typer.Argument(help="A run's name, its folder or one of its checkpoints; none: the latest run.")
    ] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="The beginning; the model goes on.")] = None,
    prompt_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The same from a file, every character of it; - is stdin.")
    ] = None,
    length: Annotated[
        int, typer.Option("--length", "-n", help="Characters to write (bytes, if the model's unit is the byte).")
    ] = 500,
    count: Annotated[int, typer.Option(help="Samples to write, each with its own random numbers.")] = 1,
    temperature: Annotated[float, typer.Option(help="Below 1 is more careful, above is wilder; 0 is greedy.")] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="Choose among the K likeliest characters only.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Choose among the likeliest that together have probability P.")
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Choose among those at least P times as likely as the likeliest.")
    ] = None,
    repetition_penalty: Annotated[
        float, typer.Option(help="Above 1 makes what was just written less likely; 1 is none.")
    ] = 1.0,
    stop: Annotated[list[str] | None, typer.Option(help="End just before this text; can be given again.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same text; none: a random one, printed.")] = None,
    unknown: Annotated[
        Literal["skip", "error", "nearest"],
        typer.Option(help="What to do with characters of the prompt that the model does not know."),
    ] = "skip",
    device: Annotated[str, typer.Option(help="auto, cpu, mps or cuda; cuda is for many samples at once.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object when all is written.")] = False,
) -> None:
    """Write text with a trained model."""
    _check(length, count, seed, stop or [], device)

    import numpy as np

    from charlm.sampling.decoding import Decoding
    from charlm.sampling.generation import read
    from charlm.sampling.writing import Wanted, opening_ids, write_samples
    from charlm.text import prompt as prompts

    decoding = Decoding(temperature, top_k, top_p, min_p, repetition_penalty)
    text = prompts.read_prompt(prompt, prompt_file)

    from charlm.checkpoint import load_checkpoint
    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.runs import find_checkpoint, runs_root

    checkpoint = load_checkpoint(find_checkpoint(runs_root(), run))
    vocabulary, records = checkpoint.vocabulary, checkpoint.settings.text.records
    if checkpoint.settings.text.newlines == "unix":
        text = prompts.with_unix_newlines(text)
    encoded = vocabulary.encode(text, unknown)
    seed = fresh_seed() if seed is None else seed
    on_card = _engine_on_card(checkpoint, device) if device.startswith("cuda") and count > 1 else None

    # Scores that overflow are an error of their own; numpy's warnings would only stand before it.
    with until_closed(sys.stdout), np.errstate(over="ignore", invalid="ignore"):
        say(f"{checkpoint.run_name}, step {checkpoint.step}, seed {seed}")
        for note in on_card.notes if on_card else ():
            say(note)
        if device.startswith(("cuda", "mps")) and not on_card:
            say(f"--device {device}: one character after another comes fastest from the cpu, which is used")
        _say_unknown(encoded.unknown, unknown)
        for one in stop or []:
            if vocabulary.encode(one, "skip").unknown:
                say(f"--stop {one!r} has characters that the model never writes")

        model: Model[Any] = on_card or stepper(checkpoint.model)
        after = read(model, opening_ids(vocabulary, encoded.ids, records))
        wanted = Wanted(decoding, length, stop or (), records)
        samples = write_samples(model, vocabulary, after, wanted, seed, range(count))
        if not as_json:
            for number, pieces in enumerate(samples):
                if number and not records:
                    _part(number + 1, count)
                _show(text, pieces)
            return
        summary = {
            "run": checkpoint.run_name,
            "step": checkpoint.step,
            "seed": seed,
            "prompt": text,
            "settings": asdict(decoding) | {"length": length, "stop": stop or [], "unknown": unknown},
            "unknown_characters": sum(encoded.unknown.values()),
            "samples": [_collected(pieces) for pieces in samples],
        }
        put(sys.stdout, json.dumps(summary, indent=2) + "\n")


def _check(length: int, count: int, seed: int | None, stops: list[str], device: str) -> None:
    """Raises UsageError for a value that cannot be, before anything is read."""
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


def _engine_on_card(checkpoint: Checkpoint, device: str) -> GraphStepper:
    """Raises UsageError where there is no such card."""
    from charlm.device import choose_compute
    from charlm.engines.choosing import gpu_stepper

    return gpu_stepper(checkpoint.model, choose_compute(device, "fp32").torch_device())


def _say_unknown(counts: dict[str, int], policy: str) -> None:
    if counts:
        kinds = [f"{character!r} x {count}" for character, count in list(counts.items())[:8]]
        more = f" and {len(counts) - 8} others" if len(counts) > 8 else ""
        fate = "read as the nearest known ones, or left out" if policy == "nearest" else "left out"
        total = sum(counts.values())
        say(f"prompt: {total} unknown character{'s' * (total != 1)} {fate}: {', '.join(kinds)}{more}")


def _part(number: int, count: int) -> None:
    """Set the next sample apart from the one before."""
    if is_terminal(sys.stdout) and is_terminal(sys.stderr):
        say(f"---- {number} of {count} ----")
    else:
        put(sys.stdout, "\n")


def _show(prompt: str, pieces: Iterable[Fragment]) -> None:
    """Text as it comes: each character at once on a terminal, in larger pieces elsewhere, the first one early."""
    watched = is_terminal(sys.stdout)
    flushed = -inf
    try:
        put(sys.stdout, prompt, dim=True)
        for piece in pieces:
            put(sys.stdout, piece.text)
            if watched or monotonic() - flushed > BETWEEN_FLUSHES:
                sys.stdout.flush()
                flushed = monotonic()
    finally:  # after an interruption too, the next thing printed stands on its own line
        put(sys.stdout, "\n")
        sys.stdout.flush()


def _collected(pieces: Iterable[Fragment]) -> dict[str, str | int | None]:
    written = list(pieces)
    text = "".join(piece.text for piece in written)
    return {"text": text, "characters": len(text), "stopped": written[-1].stopped}
