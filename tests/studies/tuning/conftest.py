"""Small searches: a text of some hundred characters, models of a few units, trials of a few updates."""

from __future__ import annotations

import json

import pytest

from charlm.studies.tuning.claiming import Search
from charlm.studies.tuning.search_folder import SearchFolder
from charlm.studies.tuning.search_plan import Asked, prepare_search
from charlm.studies.tuning.trial_length import read_length

TEXT = "".join(
    f"the {owl} went out to look for {number} mice,\n" for number in range(24) for owl in ("owl", "fox", "cat")
)
SPACE = {
    "training.learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "model.hidden_size": {"low": 4, "high": 12},
    "model.cell": {"values": ["lstm", "gru"]},
    "model.dropout": {"low": 0.0, "high": 0.5, "step": 0.1},
}
QUIET = ("model.num_layers=1", "training.batch_size=4", "training.seq_len=16", "training.device=cpu")


@pytest.fixture
def plan_of(tmp_path):
    """The plan of a search of SPACE, or of the usual space, on TEXT, with some changes."""

    def planned(*overrides, space=None, text=TEXT, each="4steps", config=None, usual=False, **limits):
        file, source = tmp_path / "space.yaml", tmp_path / "text.txt"
        file.write_text(json.dumps({"settings": space or SPACE}))
        source.write_text(text)
        options = {"text.sources": [str(source)], "training.seed": 5}
        space_file = None if usual else str(file)
        asked = Asked(config, [*QUIET, *overrides], options, space_file, read_length(each), **limits)
        return prepare_search(asked)

    return planned


@pytest.fixture
def search_in(plan_of):
    """A search in a folder: begun, or opened again as a new process would."""

    def opened(folder, *overrides, **changes):
        plan, home = plan_of(*overrides, **changes), SearchFolder(folder)
        home.begin(plan.described())
        return Search(plan, home)

    return opened
