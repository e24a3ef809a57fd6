"""A cell in a file of the user's: found, shown, and every way in which it can be wrong is a message."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "data" / "mycell.py"
STEP = "return h, State(h), {}"

# What is replaced in the example, by what, and what is then said.
FAULTS = {
    "a syntax error": ("        z, n = split(", "        z, n = split((", "SyntaxError"),
    "an error at import": ("class State", "1 / 0\nclass State", ("ZeroDivisionError", "line 15")),
    "an end of the process": ("class State", "raise SystemExit(3)\nclass State", "SystemExit: 3"),
    "no cell": ("class MyCell(Cell)", "class MyCell", "is not a cell"),
    "not frozen": ("@dataclass(frozen=True)\n", "", "@dataclass(frozen=True) above class MyCell"),
    "no step": ("def step", "def steps", "does not define step"),
    "no state": ("STATE = ", "OTHER = ", "no STATE"),
    "a memory that is not there": ("    TITLE,", '    MEMORY = "c"\n    TITLE,', "MEMORY must be one of h"),
    "a field that is no option": ("    TITLE,", "    bias: float = 1.0\n    TITLE,", "option(1.0"),
    "shapes that are no mapping": (
        'return {"weight_ih"',
        'return [] and {"weight_ih"',
        "shapes of MyCell gives a list",
    ),
    "a weight of another shape": ("(rows, hidden_size)", "(rows, hidden_size + 1)", ("ValueError", "line 28")),
    "a weight without a name": ('weights["weight_hh"]', 'weights["weights"]', ("KeyError: 'weights'", "line 28")),
    "two results": (STEP, "return h, State(h)", "does not return three things"),
    "a wide output": (STEP, "return projected, State(h), {}", ("shape (2, 6)", "(2, 3)")),
    "a state without its tuple": (STEP, "return h, (h,), {}", "Return a State(h)"),
    "a state of another shape": (STEP, "return h, State(h[:1]), {}", "h of the new state of MyCell"),
    "inner values without names": (STEP, "return h, State(h), h", "as inner values"),
    "a gate that is not given": ("    TITLE,", '    GATES = ("z",)\n    TITLE,', "GATES of MyCell has z"),
    "a number that is not finite": (STEP, "return h / state.h.mean(), State(h), {}", "is not finite"),
    "a size that is refused": (
        "    def step",
        "    def size_problem(self, n):\n        return 'is odd'\n\n    def step",
        "refuses",
    ),
}


@pytest.fixture
def mycell(tmp_path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path / "mycell.py"))


def shown(result, *words: str) -> None:
    """That the command ended with one message that has these words."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 5
    flat = " ".join(result.stderr.split())
    assert all(word in flat for word in words), result.stderr


def test_a_cell_in_a_file_is_shown(charlm, mycell):
    page = charlm("cells", "show", f"{mycell}:MyCell", "--hidden-size", "10")
    assert "h' = z * h + (1 - z) * n" in page.stdout
    about = json.loads(charlm("cells", "show", f"{mycell}:MyCell", "--json").stdout)
    assert (about["name"], about["title"], about["state"]) == ("MyCell", "One gate", ["h"])


@pytest.mark.filterwarnings("ignore:.*encountered in.*:RuntimeWarning")
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one_message(charlm, mycell, fault):
    old, new, said = FAULTS[fault]
    text = mycell.read_text()
    assert old in text
    mycell.write_text(text.replace(old, new))
    shown(charlm("cells", "show", f"{mycell}:MyCell"), "mycell.py", *((said,) if isinstance(said, str) else said))


def test_a_name_that_leads_nowhere_is_one_message(charlm, mycell, tmp_path):
    shown(charlm("cells", "show", "nowhere.py:MyCell"), "no such file", "nowhere.py")
    shown(charlm("cells", "show", f"{tmp_path}/mycell.py:MyCel"), "Did you mean MyCell?")
    shown(charlm("cells", "show", "mycell.py"), "mycell.py:MyCell")
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\n")
    shown(charlm("cells", "show", f"{tmp_path}/latin.py:MyCell"), "not UTF-8", "byte 5")
    (tmp_path / "folder.py").mkdir()
    shown(charlm("cells", "show", f"{tmp_path}/folder.py:MyCell"), "no such file")


def test_options_of_a_cell_in_a_file_are_checked(charlm, mycell):
    shown(
        charlm("train", "-s", f"model.cell={mycell}:MyCell", "-s", "model.cell_options={depth: 2}", "--dry-run"),
        "depth: MyCell has no such option",
    )


def test_settings_are_shown_without_running_the_file(charlm, mycell):
    mycell.write_text("raise SystemExit('it ran')\n")
    result = charlm("config", "show", "-s", f"model.cell={mycell}:MyCell")
    assert result.returncode == 0, result.stderr
    assert f'"{mycell}:MyCell"' in result.stdout
