"""`Did you mean ...?`"""

import ast
from pathlib import Path

import pytest

import charlm
from charlm.config.given import NAMES, SECTIONS
from charlm.config.suggestions import MAX_WORD, closest, did_you_mean, setting_suggestion, suggestion


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("hidden_size", "model.hidden_size"),  # the section was left out
        ("training.hidden_size", "model.hidden_size"),  # another section
        ("modle.hidden_size", "model.hidden_size"),
        ("model.hiddensize", "model.hidden_size"),
        ("model.n_layers", "model.num_layers"),
        ("lr", ""),  # no suggestion is better than a wrong one
        ("learning_rte", "training.learning_rate"),
        ("training.step", "training.steps"),
        ("modle", "model"),
        ("sources", "text.sources"),
        ("zzzzqqqq", ""),
    ],
)
def test_the_nearest_setting(word, meant):
    assert setting_suggestion(word, [*NAMES, *SECTIONS]) == (f"Did you mean {meant}?" if meant else "")


def test_the_nearest_names():
    names = ["quick", "quicker", "small"]
    assert suggestion("quik", names) == "Did you mean quick?"
    assert suggestion("quik", names, most=2) == "Did you mean quick or quicker?"
    assert suggestion("zzz", names) == suggestion("quik", []) == ""
    assert closest("smell", iter(names)) == ["small"]
    assert closest("sma", names, near=0.9) == []
    assert did_you_mean([]) == ""


def test_a_very_long_word_has_no_suggestion():
    assert setting_suggestion("model.hidden_size" * MAX_WORD, NAMES) == ""
    assert suggestion("quick" * MAX_WORD, ["quick"], near=0.0) == ""


def test_suggestions_are_computed_in_one_file():
    package = Path(charlm.__file__).parent
    users = set()
    sources = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    for path, source in sources.items():
        if "difflib" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "difflib":
                users.add(path.relative_to(package).as_posix())
            if isinstance(node, ast.Import) and any(alias.name == "difflib" for alias in node.names):
                users.add(path.relative_to(package).as_posix())
    assert users == {"config/suggestions.py"}
