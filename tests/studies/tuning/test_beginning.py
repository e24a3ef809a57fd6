"""What is `auto` is chosen once, by the process that begins a search."""

from __future__ import annotations

import pytest

from charlm.errors import UsageError
from charlm.studies.tuning import beginning
from charlm.studies.tuning.beginning import begin
from charlm.studies.tuning.search_folder import SearchFolder
from charlm.studies.tuning.space import open_space
from charlm.training.rule import WIDTHS, Candidate, lanes, settings_for


@pytest.fixture
def timed(monkeypatch):
    """How often updates were timed."""
    times, choose = [], beginning.choose

    def counted(*given):
        times.append(given)
        return choose(*given)

    monkeypatch.setattr(beginning, "choose", counted)
    return times


def test_who_joins_a_search_has_what_was_chosen_when_it_began(plan_of, tmp_path, timed):
    first = begin(plan_of(each="2s"), SearchFolder(tmp_path / "mine"))
    second = begin(plan_of(each="2s"), SearchFolder(tmp_path / "mine"))
    assert len(timed) == 1
    assert second.settings == first.settings
    assert first.asked.chosen["model.cell"] == first.settings.model.cell
    assert first.asked.chosen["model.hidden_size"] in WIDTHS
    assert "training.batch_size" not in first.asked.chosen, "-s gave it"


def test_of_two_that_begin_at_once_both_have_what_the_quicker_one_chose(plan_of, tmp_path, monkeypatch):
    home, other = SearchFolder(tmp_path / "mine"), plan_of(each="2s").with_chosen
    values = {**plan_of(each="2s").asked.chosen, "model.hidden_size": 48}
    monkeypatch.setattr(beginning, "_chosen", lambda plan: home.begin(other(values).described()) and plan.asked.chosen)
    assert begin(plan_of(each="2s"), home).settings.model.hidden_size == 48


def test_another_search_is_refused_whatever_was_chosen(plan_of, tmp_path):
    home = SearchFolder(tmp_path / "mine")
    begin(plan_of(each="2s"), home)
    with pytest.raises(UsageError, match="a different each"):
        begin(plan_of(each="3s"), home)
    with pytest.raises(UsageError, match=r"model\.cell"):
        begin(plan_of(each="2s", config="quick"), home)


def test_a_search_in_updates_without_auto_times_nothing(plan_of, tmp_path, timed):
    begin(plan_of(), SearchFolder(tmp_path / "mine"))
    assert not timed


def test_the_first_trial_of_the_usual_space_has_all_that_was_chosen():
    space, *_ = open_space(None)
    for width in (width for width in WIDTHS if width <= 512):
        for times in (0.5, 8, 100, 3000):
            text = 1_000_000.0
            values = dict(settings_for(Candidate(width, 5 * width * width, times * text), int(text), "lstm"))
            values["training.batch_size"] = lanes(1024 / width)
            for name in values.keys() & space.settings.keys():
                assert space.settings[name].holds(values[name]), (name, values[name])
