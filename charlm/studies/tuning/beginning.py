"""Begins a search, or joins one: who begins it chooses what is `auto`, for all who join. Trains nothing."""

from __future__ import annotations

from charlm.studies.tuning.search_folder import CHOSEN, SearchFolder
from charlm.studies.tuning.search_plan import VALIDATIONS, SearchPlan, Values
from charlm.training.automatic import choose
from charlm.training.task_kinds import opened


def begin(plan: SearchPlan, home: SearchFolder) -> SearchPlan:
    """The plan with a value for each setting that is `auto`: those of the search in this folder, if there is one.

    Raises UsageError if that was begun with something else, CheckpointError if the folder cannot be written.
    """
    if not plan.asked.chosen:
        home.begin(plan.described())
        return plan
    if not home.begun():
        plan = plan.with_chosen(_chosen(plan))
    stored = home.begin(plan.described())  # another process may have been quicker, and chosen other values
    return plan.with_chosen(stored[CHOSEN])


def _chosen(plan: SearchPlan) -> Values:
    """What `charlm train` would choose for a training like a trial, by timing a few updates."""
    settings, names = plan.trial({}), plan.asked.chosen.keys()
    found = choose(settings, names, opened(settings, plan.inner)).chosen
    return {name: 1 if name == VALIDATIONS else found[name] for name in names}  # a trial is scored once
