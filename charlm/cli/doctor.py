"""`charlm doctor`: checks this machine, and a text before hours are spent on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.completing import complete_corpus
from charlm.cli.opening import say_what_is_awaited
from charlm.cli.options import Config, DeviceIfGiven, Encoding, Json, Overrides, Records, Test, Valid
from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.config.settings import Settings
    from charlm.diagnosis.command import GivenOptions
    from charlm.diagnosis.finding import Finding

LEVELS = ("ok", "warn", "bad")  # from the best to the worst


def doctor(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Files, folders, globs, named corpora or - (standard input) to check as well.",
            autocompletion=complete_corpus,
        ),
    ] = None,
    device: DeviceIfGiven = None,
    encoding: Encoding = None,
    records: Records = False,
    valid: Valid = None,
    test: Test = None,
    config: Config = None,
    settings: Overrides = None,
    as_json: Json = False,
) -> None:
    """Check this machine, and a text before hours are spent on it."""
    from charlm.cells.naming_files import own_settings, own_stack_problems
    from charlm.config.resolving import BY_TIME, resolve_to_train
    from charlm.diagnosis.command import GivenOptions
    from charlm.diagnosis.finding import overall_exit_code
    from charlm.display.findings import print_counts, print_finding
    from charlm.display.printing import until_closed
    from charlm.display.waiting import watched

    options = {
        "text.sources": tuple(text) if text else None,
        "text.encoding": encoding,
        "text.records": records or None,
        "text.valid": tuple(valid) if valid else None,
        "text.test": tuple(test) if test else None,
        "training.device": device,
    }
    files = [("--valid", file) for file in valid or ()] + [("--test", file) for file in test or ()]
    named = [("--encoding", encoding), *files, ("--device", device)]
    given = GivenOptions.of(config, settings or [], named, ["--records"] if records else [])
    preset = config if given.choose_model else BY_TIME
    resolved = resolve_to_train(preset, settings or [], options, [own_stack_problems])
    chosen, automatic = own_settings(resolved.settings), resolved.automatic
    say_what_is_awaited(chosen.text.sources if text else ())
    findings: list[Finding] = []
    with until_closed(sys.stdout):
        for finding in watched(_findings(chosen, automatic, bool(text), given), "checking"):
            findings.append(finding)
            if not as_json:
                print_finding(finding)
        code = overall_exit_code(findings)
        if as_json:
            print_json(_to_json(findings, code))
        else:
            print_counts(findings)
    raise typer.Exit(code)


def _findings(settings: Settings, automatic: Sequence[str], with_text: bool, given: GivenOptions) -> Iterator[Finding]:
    """Each finding as it is made: a person can read the first ones while torch is imported."""

    from charlm.diagnosis.machine import check_machine

    yield from check_machine()
    from charlm.diagnosis.trial import explain_engines, try_device

    compute, tried = try_device(settings.training.device)
    yield from tried
    if compute:
        from charlm.training.automatic import with_best_cell

        yield explain_engines(with_best_cell(settings, automatic, compute).model, compute)
    if with_text:
        from charlm.diagnosis.text import check_text

        yield from check_text(settings, compute, given, automatic)


def _to_json(findings: list[Finding], code: int) -> dict[str, object]:
    from dataclasses import asdict

    worst = max(findings, key=lambda finding: LEVELS.index(finding.level)).level
    return {"worst": worst, "exit_code": code, "findings": [asdict(finding) for finding in findings]}
