"""Words of other programs, in options, commands and settings, are answered with the line to write here."""

from __future__ import annotations

import shlex

import pytest
from command_line import parsers

from charlm.cli import app
from charlm.cli.words import COMMAND_OF, OPTIONS


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("train book.txt --lr 0.01", "train book.txt -s training.learning_rate=0.01"),
        ("train book.txt --learning-rate=0.01", "train book.txt -s training.learning_rate=0.01"),
        ("train --hidden 300 --layers 3", "train -s model.hidden_size=300 -s model.num_layers=3"),
        ("train --bptt 64 --dropout 0.1", "train -s training.seq_len=64 -s model.dropout=0.1"),
        ("train --batch-size 8 --batch 8", "train -s training.batch_size=8 -s training.batch_size=8"),
        ("train -lr 0.1", "train -s training.learning_rate=0.1"),
        ("train --data book.txt --out mine", "train book.txt --run mine"),
        ("train --max-steps 9 --seed 3", "train --steps 9 --seed 3"),
        ("train --val 0.1", "train -s 'text.splits=[0.9,0.05,0.05]'"),
        ("train book.txt --pretrained old", "train book.txt --from old"),
        ("train --lr", "train -s training.learning_rate=VALUE"),
        ("sample mine --temp 0.5 --max-tokens 9", "sample mine --temperature 0.5 --length 9"),
        ("sample -t 0.5", "sample --temperature 0.5"),
        ("sample --model mine", "sample mine"),
        ("sample --typical-p 0.9 --repeat-last-n 32", "sample --typical 0.9 --repetition-window 32"),
        ("eval perplexity mine --test", "eval perplexity mine --split test"),
        ("eval perplexity mine --json --valid", "eval perplexity mine --json --split valid"),
    ],
)
def test_an_option_of_another_program_is_answered_with_the_line_to_write(charlm, typed, instead):
    result = charlm(*shlex.split(typed))
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith("charlm: There ")
    assert result.stderr.splitlines()[2] == f"Write: charlm {instead}"


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("generate mine -n 5", "Write: charlm sample mine -n 5"),
        ("chat mine", "Write: charlm sample"),
        ("finetune book.txt", "Write: charlm train TEXT --from RUN"),
        ("ls", "Write: charlm runs list"),
        ("resume", "Write: charlm train --resume RUN"),
        ("version", "Write: charlm --version"),
        ("trian", "Did you mean: charlm train"),
        ("runs shw", "Did you mean: charlm runs show"),
        ("xyzzy", "Commands: train, sample, "),
        ("book.txt", "To train on that text: charlm train book.txt"),
    ],
)
def test_a_command_of_another_program_is_answered_with_the_one_to_write(charlm, tmp_path, typed, instead):
    (tmp_path / "book.txt").write_text("x")
    result = charlm(*typed.split())
    assert result.returncode == 2
    assert result.stderr.splitlines()[0].startswith("charlm: There is no command")
    assert result.stderr.splitlines()[2].startswith(instead)


@pytest.mark.parametrize("setting", ["lr=3", "training.lr=3", "training.LR=3"])
def test_a_setting_of_another_program_is_answered_with_its_name(charlm, setting):
    result = charlm("train", "-s", setting)
    assert result.returncode == 2
    assert "Did you mean training.learning_rate?" in result.stderr


def test_an_unknown_option_without_another_name_points_to_the_help(charlm):
    assert "Did you mean --steps? `charlm train --help`" in charlm("train", "--stps", 3).stderr
    assert "`charlm sample --help` lists the options." in charlm("sample", "--frobnicate").stderr


def test_an_argument_that_is_written_as_an_option_is_shown_in_its_place(charlm):
    told = charlm("inspect", "cells", "mybook", "--text", "letter.txt").stderr
    assert "Write: charlm inspect cells [RUN] [" in told
    assert "Write: charlm sample [RUN]" in charlm("sample", "--run", "mybook").stderr


def test_other_errors_of_the_command_line_and_codes_are_as_before(charlm):
    wrong = charlm("train", "--steps", "many")
    assert wrong.returncode == 2
    assert "Usage: charlm train" in wrong.stderr
    assert "--steps" in wrong.stderr
    assert charlm("--version").returncode == 0
    assert charlm("runs").returncode == 2
    assert charlm("train", "--help").returncode == 0


def test_each_word_has_one_answer_and_no_answer_is_unknown_itself():
    tree = parsers(app)
    for path, table in OPTIONS.items():
        words = [word for listed in table.values() for word in listed.split()]
        assert len(words) == len(set(words)), path
        command = tree
        for part in path.split():
            command = command.commands[part]
        known = {name for parameter in command.params for name in parameter.opts}
        assert {instead.split(" ")[0] for instead in table} <= {*known, "{}"}, path
        assert not {f"--{word}" for word in words} & known, path
    assert not set(COMMAND_OF) & set(tree.commands)
