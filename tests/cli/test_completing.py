"""The tab key, by the protocol of each shell, in a process as a shell starts it: its offers, and how light it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from charlm.cells.names import CELL_NAMES
from charlm.cells.table import CELLS
from charlm.cli import app
from charlm.cli.completing import complete_run, complete_setting
from charlm.cli.completing_bash import answer_bash
from charlm.cli.completing_part import part_for
from charlm.config.given import INNER, NAMES
from charlm.runs import create_run
from charlm.text.corpora.named import CORPORA

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


VALUES = {
    "model.cell=gr": ["model.cell=grid", "model.cell=gru"],
    "model.cell=": [f"model.cell={name}" for name in sorted(CELL_NAMES)],
    "text.records=t": ["text.records=true"],
    "text.header=": ["text.header=auto", "text.header=false", "text.header=true"],
    "text.normalize=nf": ["text.normalize=nfc", "text.normalize=nfkc"],
    "text.separator=e": ["text.separator=empty-line"],
    "training.schedule=l": ["training.schedule=linear"],
    "training.opt": [f"training.optimizer={word}" for word in ("", "adamw", "rmsprop", "shampoo")],
    "training.st": ["training.steps=", "training.steps=none"],
    "training.bet": ["training.betas="],
    "training.learning_rate=": [],
    "training.device=c": ["training.device=cpu", "training.device=cuda"],
}


@pytest.fixture
def press_tab(tmp_path):
    """The words that a shell is offered for each line, in a process that imports no heavy module for them."""
    for name in ("owl", "mouse"):
        create_run(tmp_path, name, "x", {})

    def pressed(*lines, shell="fish"):
        presses = [
            {
                "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(re.findall(r"\s", line)))},
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
    "charlm config show --config la": ["large"],
    "charlm cells show lstm": ["lstm", "lstm97"],
    "charlm bench train --cell al": ["all"],
    "charlm study run forg": ["forget-bias"],
    "charlm train -s training.lea": ["training.learning_rate=", "training.learning_rate=0.004"],
    "charlm train -s model.cell=gr": ["model.cell=grid", "model.cell=gru"],
    "charlm train -s training.schedule=l": ["training.schedule=linear"],
    "charlm doctor --device cu": ["cuda"],
    "charlm sample --unk": ["--unknown"],
}


def test_the_tab_key_offers_what_fits(press_tab):
    answers = zip(OFFERED, press_tab(*OFFERED), strict=True)
    assert {line: sorted(each.partition("\t")[0] for each in said.splitlines()) for line, said in answers} == OFFERED


@pytest.mark.parametrize(("begun", "offered"), VALUES.items(), ids=VALUES)
def test_values_that_are_a_choice_are_offered_in_every_shell(capsys, monkeypatch, begun, offered):
    """bash takes `model.cell=gr` for three words, the last of which it replaces."""
    assert sorted(each if isinstance(each, str) else each[0] for each in complete_setting(begun)) == offered
    name, equals, value = begun.partition("=")
    words = ["charlm", "train", "-s", "training.steps", "=", "5", "-s", name, *filter(None, [equals, value])]
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))

    def complete():
        *line, word = os.environ["COMP_WORDS"].split("\n")
        assert (line, os.environ["COMP_CWORD"]) == (["charlm", "train", "-s", "training.steps=5", "-s"], "5")
        print(*(each if isinstance(each, str) else each[0] for each in complete_setting(word)), sep="\n")

    answer_bash(complete)
    there = name + equals if equals else ""
    assert sorted(capsys.readouterr().out.split()) == [word.removeprefix(there) for word in offered]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["charlm", "train", "--config", "=", "la"], ["large"]),
        (["charlm", "train", "-s", "model.cell", "=", "gru", ""], sorted(CORPORA)),
        (["charlm", "train", "-s", "model.cell", "="], sorted(CELL_NAMES)),
    ],
)
def test_bash_is_offered_what_follows_the_last_of_its_breaks(press_tab, words, offered):
    (shown,) = press_tab("\n".join(words), shell="bash")
    assert sorted(shown.split()) == offered


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_a_person_presses_the_tab_key_in_bash(tmp_path):
    """bash itself, with its own idea of words, on a terminal."""
    import pty

    (tmp_path / "charlm").write_text(f'#!/bin/sh\nexec {sys.executable} -m charlm "$@"\n')
    (tmp_path / "charlm").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TERM": "dumb"}
    script = subprocess.run(
        [sys.executable, "-m", "charlm"], env={**os.environ, "_CHARLM_COMPLETE": "source_bash"}, capture_output=True,
        text=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "rc").write_text(f"PS1='ready '\nstty cols 300\nbind 'set bell-style none'\n{script}")
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        os.execvpe("bash", ["bash", "--noprofile", "--rcfile", str(tmp_path / "rc"), "-i"], environment)

    def until(wanted):
        shown = b""
        while wanted not in shown:
            shown += os.read(terminal, 4096)  # raises OSError if bash ends
        return shown

    until(b"ready ")
    for typed, completed in (
        (b"charlm train -s training.sched\t", b"training.schedule="),
        (b"l\t", b"linear "),
        (b"-s model.cell=pe\t", b"model.cell=peephole "),
        (b"-c lar\t", b"-c large "),
    ):
        os.write(terminal, typed)
        until(completed)
    os.write(terminal, b"\x15exit\n")
    os.close(terminal)
    os.waitpid(child, 0)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_answered_in_its_own_form(press_tab, shell):
    (shown,) = press_tab("charlm train -s training.lea", shell=shell)
    assert "training.learning_rate=" in shown
    if shell == "zsh":
        assert shown.startswith("_arguments")


def test_whole_sentences_are_offered_with_the_commands(press_tab):
    assert "Check this machine, and a text before hours are spent on it." in press_tab("charlm doc")[0]


def names(part):
    """The commands of a part of the tree, those of groups after the name of the group."""
    inner = [f"{group.name} {name}" for group in part.registered_groups for name in names(group.typer_instance)]
    return [
        *(each.name for each in part.registered_commands),
        *(group.name for group in part.registered_groups),
        *inner,
    ]


def test_only_the_commands_that_a_line_needs_are_built():
    every = names(app)
    assert names(part_for(app, ["train", "-s", "x"])) == ["train"]
    assert names(part_for(app, ["runs", "show", ""])) == ["runs", "runs show"]
    assert names(part_for(app, ["runs", "sh"])) == ["runs", *(each for each in every if each.startswith("runs "))]
    assert names(part_for(app, ["tr"])) == names(part_for(app, [])) == [each for each in every if " " not in each]
    assert names(part_for(app, ["--version", "tr"])) == every
    assert names(part_for(app, ["nothing", "tr"])) == []
    assert names(app) == every, "the tree itself is as it was"


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
    assert {name for name in NAMES if name not in INNER} <= offered
    assert "model.attention.window" in offered


def test_a_folder_that_cannot_be_read_offers_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "file"))
    assert complete_run("") == []
    assert complete_setting("nothing=") == []
