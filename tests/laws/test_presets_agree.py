"""The presets are described in three places: their files, configs/README.md and README.md. These agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from charlm.cells.stacks import stack_problems
from charlm.config.presets import presets
from charlm.config.resolving import resolve_to_train

pytestmark = pytest.mark.portable

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = (ROOT / "configs" / "README.md").read_text(encoding="utf-8")
ROWS = {name: (what, length) for name, what, length in re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \|$", TABLE, re.M)}
NAMES = sorted(presets())

SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def stated_length(length: str) -> dict[str, float]:
    """The setting that a length in words states: `3,500 steps, ...`, `50 epochs`, `97 seconds ...`, `an hour ...`."""
    number, unit = re.match(r"([\d,]+|an?) (\w+?)s?\b", length).groups()
    count = float(number.replace(",", "").replace("an", "1"))
    return {"budget": count * SECONDS[unit]} if unit in SECONDS else {f"{unit}s": count}


def test_the_table_has_every_preset_and_no_other():
    assert sorted(ROWS) == NAMES == sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_begins_with_its_row_of_the_table(name):
    what, length = ROWS[name]
    assert presets()[name].read_text(encoding="utf-8").startswith(f"# {name}: {what}; {length}.")


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_resolves_and_has_the_length_that_its_row_states(name):
    training = resolve_to_train(name, [], {}, [stack_problems]).settings.training
    given = {key: getattr(training, key) for key in ("steps", "epochs", "budget") if getattr(training, key) is not None}
    assert given == stated_length(ROWS[name][1])


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_names_every_preset(name):
    assert re.search(rf"(`|-c ){re.escape(name)}\b(?!-)", README)


def test_the_readme_names_no_other_preset():
    named = re.findall(r"charlm [^\n`]*(?:-c|--config) ([^\s`]+)", README)
    assert named
    assert {name for name in named if not name.endswith(".yaml")} <= set(NAMES)


def test_all_say_the_same_of_the_default():
    assert re.search(r"`quick` \(the default\)", README)
    assert "one to three minutes on two" in README
    assert "one to three minutes on two" in ROWS["quick"][1]
