"""The folder of a search: one search in it, and one process for each trial."""

from __future__ import annotations

import pytest

from charlm.errors import CheckpointError, IntegrityError, UsageError
from charlm.studies.tuning import search_folder
from charlm.studies.tuning.search_folder import SearchFolder

DESCRIBED = {"each": "15s", "space": {"model.dropout": {"low": 0.1}}, "settings": {"model.cell": "lstm"}}


def test_another_search_is_refused_and_what_differs_is_named(tmp_path):
    home = SearchFolder(tmp_path / "mine")
    home.begin(DESCRIBED)
    home.begin(DESCRIBED)
    other = {"each": "30s", "space": {"model.dropout": {"low": 0.2}}, "settings": {"model.cell": "gru"}}
    with pytest.raises(UsageError, match=r"a different each, space of model\.dropout, model\.cell"):
        SearchFolder(home.folder).begin(other)
    home.begin(DESCRIBED)


def test_a_damaged_search_is_not_taken_for_a_new_one(tmp_path):
    home = SearchFolder(tmp_path)
    home.begin(DESCRIBED)
    (tmp_path / "search.json").write_text("{")
    with pytest.raises(IntegrityError, match="cannot be read"):
        home.begin(DESCRIBED)


def test_a_trial_is_held_once(tmp_path):
    home = SearchFolder(tmp_path)
    held = home.hold(3)
    assert held is not None
    assert SearchFolder(tmp_path).hold(3) is None
    assert home.hold(4) is not None
    held.release()
    assert SearchFolder(tmp_path).hold(3) is not None


def test_a_process_that_does_not_give_the_lock_back_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(search_folder, "PATIENCE", 0.01)
    with (
        SearchFolder(tmp_path).claiming(),
        pytest.raises(CheckpointError, match="has held the lock"),
        SearchFolder(tmp_path).claiming(),
    ):
        raise AssertionError("nobody gets here")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be made"):
        SearchFolder(tmp_path / "file" / "mine").begin(DESCRIBED)
