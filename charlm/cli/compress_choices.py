"""What the options of `charlm compress` and `charlm decompress` ask for, and which exclude each other. No command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint.moved import Moved
    from charlm.compression.file_format import Contents
    from charlm.compression.learning import Learning


def named_in(first: str, second: str | None, from_nothing: bool) -> tuple[str | None, str]:
    """The run, None from nothing, and the file. Raises UsageError if one lacks, or is too much."""
    if from_nothing and second is not None:
        raise UsageError(
            "A model that begins from nothing needs no run",
            f"charlm compress {first} {second} --from-nothing",
            f"Leave the run out: charlm compress {shlex.quote(second)} --from-nothing\n"
            f"Or use it: charlm compress {shlex.quote(first)} {shlex.quote(second)}",
        )
    if from_nothing:
        return None, first
    if second is None:
        name = shlex.quote(first)
        raise UsageError(
            "To compress takes a run and a file",
            f"charlm compress {first}",
            f"With a run: charlm compress RUN {name}\nWithout one: charlm compress {name} --from-nothing",
        )
    return first, second


def learning_of(adapt: bool, rate: float | None, mix: bool, portable: bool, from_nothing: bool) -> Learning:
    """What is learned from the text. Raises UsageError if the options do not go together."""
    from charlm.adaptation.plan import Plan
    from charlm.cli.predictors import adapting_of, check_rate
    from charlm.compression.learning import MOST_RATE, Learning

    if rate is not None and rate > MOST_RATE:
        raise UsageError("--adapt-rate is too high", f"--adapt-rate {rate}", "0.001 is a usual rate.")
    if portable and (adapt or mix):
        option = "--from-nothing" if from_nothing else "--adapt" if adapt else "--mix"
        raise UsageError(
            "What learns from the text computes other bits on another machine",
            f"--portable {option}",
            f"Leave --portable out, and decode on a machine like this one, or leave {option} out"
            + (", and give a run." if from_nothing else "."),
        )
    if from_nothing:
        check_rate(rate)
        return Learning(Plan().rate if rate is None else rate, mixed=True)
    adapting = adapting_of(adapt, rate, quick=False)
    return Learning(None if adapting is None else adapting.rule().rate, mix)


def places_of(
    counts: bool | None,
    moved: list[str] | None,
    valid: list[str] | None,
    test: list[str] | None,
    mix: bool,
    from_nothing: bool,
) -> Moved:
    """Where the run's own texts are. Raises UsageError if nothing needs them."""
    from charlm.checkpoint.moved import Moved

    places = Moved(moved or (), valid or (), test or ())
    if from_nothing and (counts is not None or places.given):
        option = next(iter(places.words()), "--counts" if counts else "--no-counts")
        raise UsageError(
            "A model that begins from nothing has no run whose text could be counted",
            f"--from-nothing {option}",
            f"Leave {option} out, or --from-nothing, and give a run.",
        )
    if counts is not None and not mix:
        option = "--counts" if counts else "--no-counts"
        raise UsageError(f"{option} says how an n-gram begins", option, f"Give --mix {option}, or leave it out.")
    if places.given and (not mix or counts is False):
        option, *_ = words = places.words()
        raise UsageError(
            f"{option} names the run's own text, to count it",
            " ".join(words),
            f"Give --mix {option}, without --no-counts, or leave {option} out.",
        )
    return places


def words_again(run: str, file: str, adapt: bool, rate: float | None) -> str:
    """The command with --mix, to give it again with another option."""
    adapting = ["--adapt"] if adapt else []
    adapting += [] if rate is None else ["--adapt-rate", str(rate)]
    return " ".join(["charlm compress", shlex.quote(run), shlex.quote(file), *adapting, "--mix"])


def refuse_needless(contents: Contents, file: str, run: str | None, places: Moved) -> None:
    """Raise UsageError if a run or a text is named that the file does not need."""
    if contents.head.beginning and run is not None:
        raise UsageError(
            "The text was compressed from nothing", f"{file}, --run {run}", "Leave --run out: no run is needed."
        )
    if contents.head.learning.counted is None and places.given:
        option, *_ = words = places.words()
        raise UsageError(
            "The text was compressed without the counts of a training text",
            f"{file}, {' '.join(words)}",
            f"Leave {option} out.",
        )
