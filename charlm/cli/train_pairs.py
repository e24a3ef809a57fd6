"""`charlm train --pairs`: a model that writes a target for a source. Connects training and display."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.train_plan import print_plan_of, reopened
from charlm.cli.train_shown import Shown, train_and_show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charlm.checkpoint.moved import Moved
    from charlm.config.resolving import Resolved
    from charlm.config.settings import Settings
    from charlm.pairs.pair_text import PairText
    from charlm.training.experiment import Training
    from charlm.training.pairs import PairTask

Pairs = Annotated[
    bool,
    typer.Option(
        "--pairs",
        help="Each line is a source, a tab and a target: learn to write targets for sources (charlm convert). "
        "-s model.pairs.kind=encoder or joined is another kind than attending.",
    ),
]
KIND = "model.pairs.kind"
KINDS = ("joined", "encoder", "attending")


def chosen_kind(pairs: bool, text: Sequence[str] | None, overrides: Sequence[str]) -> str | None:
    """What --pairs means for the setting of that name; None leaves it to others.

    Raises UsageError if a kind stands where the text is expected, as in `--pairs encoder`.
    """
    from charlm.errors import UsageError

    if not pairs:
        return None
    for word in text or ():
        if word in KINDS and len(text or ()) > 1:
            others = " ".join(each for each in text or () if each != word)
            raise UsageError(
                "--pairs takes no value",
                f"--pairs {word}",
                f"Write the kind as a setting: charlm train {others} --pairs -s {KIND}={word}",
            )
    given = any(override.partition("=")[0].strip() == KIND for override in overrides)
    return None if given else "attending"


def begin_pairs(resolved: Resolved, name: str | None, origin: str | None, dry_run: bool, shown: Shown) -> None:
    """Train a new run. Raises UsageError for what cannot go with pairs."""
    from charlm.errors import UsageError

    settings = resolved.settings
    if origin is not None:
        what = "--from starts a language model from another one, and --pairs trains a model of pairs"
        raise UsageError(what, f"--from {origin}", "Leave --from out.")
    if resolved.automatic:
        named = ", ".join(resolved.automatic)
        what = f"auto chooses for language models, and not for pairs: {named}"
        raise UsageError(what, "model.pairs", "Use the preset: charlm train pairs.tsv --pairs -c pairs")
    if dry_run:
        from charlm.pairs.pair_text import open_pairs

        _print_plan(settings, open_pairs(settings.text), (), shown.as_json)
        return
    from charlm.training.pairs import begin

    _train(begin(settings, name), shown)


def resume_pairs(
    target: str | None,
    overrides: Sequence[str],
    options: Mapping[str, object],
    more: str | None,
    moved: Moved,
    dry_run: bool,
    shown: Shown,
) -> None:
    """Continue a run of pairs."""
    from charlm.training.experiment import resume_task
    from charlm.training.pairs import open_pair_text
    from charlm.training.resuming import Asked

    asked = Asked(overrides, options, more, moved)
    if dry_run:
        stored = reopened(target, asked, open_pair_text)
        _print_plan(stored.settings, stored.text.pairs, stored.notes, shown.as_json)
        return
    _train(resume_task(target, asked, open_pair_text), shown)


def _train(training: Training[PairTask], shown: Shown) -> None:
    from charlm.display.summary import pair_commands, pair_rows

    cells = [layer.cell for layer in training.settings.model.stack()]
    rows, run = pair_rows(training.task.pairs), training.run.name
    train_and_show(training, shown, rows, lambda finished: pair_commands(finished, run, cells))


def _print_plan(settings: Settings, pairs: PairText, notes: Sequence[str], as_json: bool) -> None:
    """What a training would do, without torch and without a run."""
    from charlm.display.summary import pair_plan_rows
    from charlm.pairs.shapes import count_pair_parameters

    parameters = count_pair_parameters(settings.model, pairs.corpus.vocabulary.size)
    about = {"parameters": parameters, "pairs": {name: len(part) for name, part in pairs.splits.items()}}
    print_plan_of(settings, about, pair_plan_rows(settings, pairs, parameters), notes, as_json)
