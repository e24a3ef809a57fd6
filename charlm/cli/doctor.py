"""`charlm doctor`: what is well and what is not, of this machine and of a text. Shows what others found."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.config.settings import Settings
    from charlm.diagnosis.finding import Finding

MARGIN = 16  # cells of a level and a name
COLOURS = {"ok": "\x1b[32m", "warn": "\x1b[33m", "bad": "\x1b[1;31m"}
PLAIN = "\x1b[0m"


def doctor(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT ...", help="Files, folders, globs, - or named corpora to look at as well."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the text; utf-8 unless told.")] = None,
    config: Annotated[str | None, typer.Option("--config", "-c", help="A preset's name, or a YAML file.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting; can be given again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at this machine, and at a text before hours are spent on it."""
    from charlm.cells.table import stack_problems
    from charlm.config.resolving import resolve
    from charlm.diagnosis.finding import overall_exit_code
    from charlm.display.printing import until_closed

    options = {"text.sources": tuple(text) if text else None, "text.encoding": encoding, "training.device": device}
    chosen = resolve(config, settings or [], options, [stack_problems]).settings
    findings: list[Finding] = []
    with until_closed(sys.stdout):
        for finding in _looked_at(chosen, bool(text)):
            findings.append(finding)
            if not as_json:
                _show(finding)
        code = overall_exit_code(findings)
        if as_json:
            _print_json(findings, code)
        else:
            _show_outcome(findings)
    raise typer.Exit(code)


def _looked_at(settings: Settings, with_text: bool) -> Iterator[Finding]:
    """Findings as they are made: a person reads the first ones while torch is imported."""
    from charlm.diagnosis.machine import check_machine

    yield from check_machine()
    from charlm.diagnosis.trial import explain_engines, try_device

    compute, tried = try_device(settings.training.device)
    yield from tried
    if compute:
        yield explain_engines(settings.model, compute)
    if with_text:
        from charlm.diagnosis.text import check_text

        yield from check_text(settings, compute)


def _show(finding: Finding) -> None:
    """One finding: level, name, what was found, and below it what to do."""
    from charlm.display.printing import has_colour, put

    out = sys.stdout
    colour = has_colour(out)
    out.write(f"{COLOURS[finding.level] if colour else ''}{finding.level:<5}{PLAIN if colour else ''}")
    put(out, f"{finding.name:<{MARGIN - 6}} {_wrapped(finding.what)}\n")
    if finding.remedy and finding.level != "ok":
        put(out, f"{' ' * (MARGIN - 3)}-> {_wrapped(finding.remedy)}\n")
    out.flush()


def _wrapped(text: str) -> str:
    """On a terminal, lines that stay beside the margin; elsewhere one line, so that it can be searched."""
    from charlm.display.printing import is_terminal, visible

    line = " ".join(visible(text).split("\n"))
    if not is_terminal(sys.stdout):
        return line
    width = max(40, shutil.get_terminal_size().columns - MARGIN - 1)
    lines = textwrap.wrap(line, width, break_on_hyphens=False)
    return f"\n{' ' * MARGIN}".join(lines)


def _show_outcome(findings: Iterable[Finding]) -> None:
    from charlm.display.printing import say

    counts = {level: sum(finding.level == level for finding in findings) for level in COLOURS}
    told = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    say(f"{told}.{'' if counts['bad'] else ' Nothing stands in the way of a training.'}")


def _print_json(findings: list[Finding], code: int) -> None:
    import dataclasses

    worst = max(findings, key=lambda finding: list(COLOURS).index(finding.level)).level
    value = {"worst": worst, "exit_code": code, "findings": [dataclasses.asdict(finding) for finding in findings]}
    print_json(value)
