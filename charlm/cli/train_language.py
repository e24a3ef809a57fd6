"""`charlm train` of a language model, also of one with latent variables. Connects training and display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.cli.opening import say_what_is_awaited
from charlm.cli.train_plan import print_plan, reopened
from charlm.cli.train_processes import refuse_together
from charlm.cli.train_shown import Shown, train_and_show, train_unseen
from charlm.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charlm.checkpoint.moved import Moved
    from charlm.config.resolving import Resolved
    from charlm.processes.group import Group
    from charlm.training.experiment import Training
    from charlm.training.language import LanguageTask


def begin_language(
    resolved: Resolved, name: str | None, origin: str | None, dry_run: bool, shown: Shown, group: Group
) -> None:
    """Train a new run. Raises UsageError for settings that cannot be chosen."""
    settings, automatic, start = resolved.settings, resolved.automatic, None
    if automatic and settings.model.latent.kind is not None:
        raise UsageError(
            f"{', '.join(automatic)}: auto chooses for models without latent variables",
            ", ".join(dict.fromkeys(resolved.origins[each] for each in automatic)),
            "Give numbers, or another preset: -c quick",
        )
    if automatic and origin is None:
        refuse_together(
            group,
            f"{', '.join(automatic)}: auto chooses for one process, by timing its updates",
            ", ".join(dict.fromkeys(resolved.origins[each] for each in automatic)),
            "Give numbers, or another preset: -c quick. In one process, --dry-run shows what auto chooses.",
        )
    if group.rank:
        follow_language(group)
        return
    say_what_is_awaited(settings.text.sources)
    notes: tuple[str, ...] = ()
    if origin is not None:
        from charlm.checkpoint import load_checkpoint
        from charlm.runs import find_checkpoint, runs_root
        from charlm.training.origin import settings_from

        start = load_checkpoint(find_checkpoint(runs_root(), origin))
        settings, notes = settings_from(resolved, start)
        automatic = ()
    from charlm.display.progress import watched_opening
    from charlm.display.waiting import Waiting
    from charlm.text.corpus import open_in_steps

    with Waiting("reading the text") as line:
        corpus = watched_opening(open_in_steps(settings.text), line)
    if dry_run:
        if start:
            from charlm.training.origin import open_with_origin

            corpus, grown = open_with_origin(settings.text, corpus, start)
            notes = (*grown.notes(), *notes)
        if automatic:
            from charlm.engines.precision import compute_for
            from charlm.training.automatic import choose

            choice = choose(settings, automatic, corpus, compute_for(settings))
            settings, notes = choice.settings, (*notes, f"chosen: {choice.note()}")
        if settings.model.latent.kind is not None:
            from charlm.training.latent_lines import line_reader

            line_reader(settings, corpus)  # refuses lines that are too long, or too few
        print_plan(settings, corpus, notes, shown.as_json)
        return
    from charlm.training.experiment import begin

    _train_language(begin(settings, name, start, notes, automatic, corpus, group), shown)


def resume_language(
    target: str | None,
    overrides: list[str],
    options: Mapping[str, object],
    more: str | None,
    moved: Moved,
    dry_run: bool,
    shown: Shown,
    group: Group,
) -> None:
    """Continue a run."""
    from charlm.training.experiment import resume

    if dry_run:
        from charlm.training.language_text import open_language_text
        from charlm.training.resuming import Asked

        stored = reopened(target, Asked(overrides, options, more, moved), open_language_text)
        print_plan(stored.settings, stored.text.corpus, stored.notes, shown.as_json)
        return
    _train_language(resume(target, overrides, options, more=more, moved=moved, group=group), shown)


def follow_language(group: Group) -> None:
    """What the processes other than 0 do, for a new run or one that continues: process 0 tells them."""
    from charlm.training.following import follow

    train_unseen(follow(group))


def _train_language(training: Training[LanguageTask], shown: Shown) -> None:
    from charlm.display.first_sample import first_sample_options
    from charlm.display.summary import next_commands, text_rows

    corpus, run = training.task.corpus, training.run.name
    cells = [layer.cell for layer in training.settings.model.stack()]
    options = first_sample_options(corpus, training.settings.text)
    train_and_show(training, shown, text_rows(corpus), lambda finished: next_commands(finished, run, options, cells))
