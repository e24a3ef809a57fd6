"""`charlm train` of a model of any kind: a run that begins, and one that goes on. Connects training and display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.cli.opening import say_what_is_awaited
from charlm.cli.train_plan import print_plan, reopened
from charlm.cli.train_processes import refuse_together
from charlm.cli.train_shown import Shown, train_and_show, train_unseen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from charlm.checkpoint import Checkpoint
    from charlm.checkpoint.moved import Moved
    from charlm.config.resolving import Resolved
    from charlm.config.settings import Settings
    from charlm.processes.group import Group
    from charlm.text.corpus import Corpus
    from charlm.training.experiment import Training
    from charlm.training.language import LanguageTask
    from charlm.training.pairs import PairTask


def load_start(origin: str | None, group: Group) -> Checkpoint | None:
    """The model that --from names. Process 0 of a group alone has it; the others hear of its weights."""
    if origin is None or group.rank:
        return None
    from charlm.checkpoint import load_checkpoint
    from charlm.runs import find_checkpoint, runs_root

    return load_checkpoint(find_checkpoint(runs_root(), origin))


def kind_of_start(start: Checkpoint, pairs: bool, overrides: Sequence[str], config: str | None) -> dict[str, object]:
    """The kind of the model that a training starts from, as a setting, where the command line asks for no other kind.

    --pairs asks for one of pairs, of whichever kind.
    """
    from charlm.training.origin import KINDS, kind_of

    named = any(override.partition("=")[0].strip() in KINDS for override in overrides)
    alike = start.pair_kind is not None if pairs else config is None
    return kind_of(start) if alike and not named else {}


def begin_run(
    resolved: Resolved, name: str | None, start: Checkpoint | None, dry_run: bool, shown: Shown, group: Group
) -> None:
    """Train a new run. Raises UsageError for settings that cannot be chosen, or not for several processes."""
    settings, automatic = resolved.settings, resolved.automatic
    if group.size > 1:
        from charlm.training.announcing import require_for_all

        require_for_all(settings, group)
    if group.rank:
        follow_run(group)
        return
    if automatic and start is None:
        refuse_together(
            group,
            f"{', '.join(automatic)}: auto chooses for one process, by timing its updates",
            ", ".join(dict.fromkeys(resolved.origins[each] for each in automatic)),
            "Give numbers, or another preset: -c quick. In one process, --dry-run shows what auto chooses.",
        )
    say_what_is_awaited(settings.text.sources)
    notes: tuple[str, ...] = ()
    if start is not None:
        from charlm.training.origin import settings_from

        settings, notes = settings_from(resolved, start)
        automatic = ()
    from charlm.display.progress import watched_opening
    from charlm.display.waiting import Waiting
    from charlm.text.corpus import open_in_steps
    from charlm.training.task_kinds import read_as

    with Waiting("reading the text") as line:
        corpus = watched_opening(open_in_steps(read_as(settings)), line)
    if dry_run:
        _plan(settings, start, notes, automatic, corpus, shown.as_json)
        return
    from charlm.training.experiment import begin

    _train(begin(settings, name, start, notes, automatic, corpus, group), shown)


def _plan(
    settings: Settings,
    start: Checkpoint | None,
    notes: Sequence[str],
    automatic: Collection[str],
    corpus: Corpus,
    as_json: bool,
) -> None:
    """What `begin` would do. Without anything to choose it imports no torch."""
    from charlm.training.task_kinds import opened, read_as

    if start is not None:
        from charlm.training.origin import open_with_origin, seen_notes

        corpus, grown = open_with_origin(read_as(settings), corpus, start)
        notes = (*grown.notes(), *seen_notes(settings.text, corpus, start), *notes)
    text = opened(settings, corpus)  # refuses what such a model cannot learn
    if automatic:
        from charlm.training.automatic import choose

        choice = choose(settings, automatic, text)
        settings, notes = choice.settings, (*notes, f"chosen: {choice.note()}")
    print_plan(settings, text, notes, as_json)


def resume_run(
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
        from charlm.training.resuming import Asked

        stored = reopened(target, Asked(overrides, options, more, moved))
        print_plan(stored.settings, stored.text, stored.notes, shown.as_json)
        return
    _train(resume(target, overrides, options, more=more, moved=moved, group=group), shown)


def follow_run(group: Group) -> None:
    """What the processes other than 0 do, for a new run or one that continues: process 0 tells them."""
    from charlm.training.following import follow

    train_unseen(follow(group))


def _train(training: Training[LanguageTask | PairTask], shown: Shown) -> None:
    from charlm.cli.train_kinds import commands_of, rows_of

    train_and_show(training, shown, rows_of(training.task), commands_of(training))
