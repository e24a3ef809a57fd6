"""What is wrong with a stack is found in its settings."""

from __future__ import annotations

import pytest

from charlm.cells.stacks import stack_problems
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings, Settings


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


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_can_be_stacked_on_itself(cell):
    assert stack_problems(Settings(model=ModelSettings(cell=cell, hidden_size=16))) == []
