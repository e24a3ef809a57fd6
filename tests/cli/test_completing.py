"""The tab key, by the protocol of each shell, in a process as a shell starts it: its offers, and how light it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from charlm.cells.names import CELL_NAMES
from charlm.cells.table import CELLS
from charlm.cli.completing import complete_run, complete_setting
from charlm.config.given import NAMES
from charlm.runs import create_run

# Answers one press of the key after another, each with the words that a shell sets in the environment.
PROGRAM = """
import atexit, json, os, sys
heavy = ("numpy", "torch", "matplotlib", "safetensors")
atexit.register(lambda: print(*sorted(set(heavy) & set(sys.modules)), file=sys.stderr))
sys.argv = ["charlm"]
from charlm.cli import main
for variables in json.loads(os.environ["PRESSES"]):
    os.environ.update(variables)
    try:
        main()
    except SystemExit:
        print("\\f", end="", flush=True)
"""


@pytest.fixture
def press_tab(tmp_path):
    """The words that a shell is offered for each line, in a process that imports no heavy module for them."""
    for name in ("owl", "mouse"):
        create_run(tmp_path, name, "x", {})

    def pressed(*lines, shell="fish"):
        presses = [
            {
                "bash": {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))},
                "zsh": {"_TYPER_COMPLETE_ARGS": line},
                "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
            }[shell]
            for line in lines
        ]
        told = {"CHARLM_RUNS": str(tmp_path), "_CHARLM_COMPLETE": f"complete_{shell}", "PRESSES": json.dumps(presses)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **told}, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        assert done.stderr.strip() == "", "no heavy module, and no message"
        *answers, rest = done.stdout.split("\f")
        assert (len(answers), rest) == (len(lines), "")
        return answers

    return pressed


OFFERED = {
    "charlm tr": ["train"],
    "charlm runs re": ["rename"],
    "charlm sample o": ["owl"],
    "charlm eval perplexity m": ["mouse"],
    "charlm runs compare owl m": ["mouse"],
    "charlm runs rm la": ["latest"],
    "charlm train --resume m": ["mouse"],
    "charlm train tiny": ["tiny-shakespeare"],
    "charlm data fetch enw": ["enwik8"],
    "charlm train -c char": ["char-rnn"],
    "charlm config show --config sm": ["small"],
    "charlm cells show lstm": ["lstm", "lstm97"],
    "charlm bench train --cell al": ["all"],
    "charlm study run forg": ["forget-bias"],
    "charlm train -s training.lea": ["training.learning_rate="],
    "charlm train -s model.cell=gr": ["model.cell=grid", "model.cell=gru"],
    "charlm train -s training.schedule=l": ["training.schedule=linear"],
    "charlm doctor --device cu": ["cuda"],
    "charlm sample --unk": ["--unknown"],
}


def test_the_tab_key_offers_what_fits(press_tab):
    answers = zip(OFFERED, press_tab(*OFFERED), strict=True)
    assert {line: sorted(each.partition("\t")[0] for each in said.splitlines()) for line, said in answers} == OFFERED


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_answered_in_its_own_form(press_tab, shell):
    (shown,) = press_tab("charlm train -s training.lea", shell=shell)
    assert "training.learning_rate=" in shown
    if shell == "zsh":
        assert shown.startswith("_arguments")


def test_whole_sentences_are_offered_with_the_commands(press_tab):
    assert "Check this machine, and a text before hours are spent on it." in press_tab("charlm doc")[0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_can_be_shown(shell):
    environment = {**os.environ, "_CHARLM_COMPLETE": f"source_{shell}"}
    done = subprocess.run([sys.executable, "-m", "charlm"], env=environment, capture_output=True, text=True, check=True)
    assert "_CHARLM_COMPLETE" in done.stdout
    assert f"complete_{shell}" in done.stdout


def test_completion_can_be_installed(charlm):
    shown = charlm("--help").stdout
    assert "--install-completion" in shown
    assert "--show-completion" in shown


def test_the_names_of_the_cells_are_those_of_the_table():
    assert list(CELL_NAMES) == list(CELLS)


def test_every_setting_is_offered():
    offered = {each[0].rstrip("=") for each in complete_setting("")}
    assert {name for name in NAMES if name != "model.attention"} <= offered
    assert "model.attention.window" in offered


def test_a_folder_that_cannot_be_read_offers_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "file"))
    assert complete_run("") == []
    assert complete_setting("nothing=") == []
