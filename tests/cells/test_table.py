from __future__ import annotations

import subprocess
import sys

import pytest

from charlm.cells import table
from charlm.cells.stacks import stack_problems
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import UsageError


@pytest.mark.parametrize("name", ["ltsm", "LSTM", "lstm2"])
def test_an_unknown_cell_is_refused_with_the_most_similar_name(name):
    with pytest.raises(UsageError, match=f"no cell '{name}'") as caught:
        table.find_cell(name)
    assert caught.value.remedy.startswith("Did you mean lstm? `charlm cells list`")


def test_a_name_like_no_cell_is_refused_without_a_suggestion():
    with pytest.raises(UsageError) as caught:
        table.find_cell("transformer")
    assert caught.value.remedy == "`charlm cells list` shows all."


def test_options_are_completed_with_defaults():
    assert table.build_cell("lstm", {}).forget_bias == 1.0
    assert table.build_cell("lstm", {"forget_bias": -1}).forget_bias == -1.0


@pytest.mark.parametrize(
    ("given", "said"),
    [({"forget_bais": 1}, "no such option"), ({"forget_bias": "high"}, "number"), ({"forget_bias": 99}, "between")],
)
def test_invalid_options_are_refused(given, said):
    with pytest.raises(UsageError, match=said) as caught:
        table.build_cell("lstm", given)
    assert "forget_bias" in caught.value.remedy


def test_the_table_is_imported_without_torch():
    code = "import sys, charlm.cells.table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"cell": "clockwork", "hidden_size": 10}, "multiple of the clockwork's 4 groups, such as 8"),
        ({"cell": "clockwork", "cell_options": {"groups": 2.0}}, "whole number"),
        ({"cell": "gru", "cell_options": {"first_form": 1}}, "true or false"),
        ({"layers": [{"cell": "gru"}, {"cell": "grid"}]}, "grid reads the memory of the layer below, and gru has none"),
        ({"layers": [{"cell": "lstm", "hidden_size": 8}, {"cell": "depth_gated"}]}, "must be as wide as itself"),
        ({"layers": [{"cell": "lstm"}, {"cell": "gur"}]}, "no cell 'gur'"),
    ],
)
def test_the_problems_of_a_stack_are_found_in_its_settings(model, said):
    problems = stack_problems(Settings(model=ModelSettings(**model)))
    assert said in "; ".join(problem.what for problem in problems)


@pytest.mark.parametrize("cell", table.CELLS)
def test_every_cell_can_be_stacked_on_itself(cell):
    assert stack_problems(Settings(model=ModelSettings(cell=cell, hidden_size=16))) == []
