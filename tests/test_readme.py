"""Every example in the README runs: in order, in one folder, from the first block to the last."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import require_command

import charlm as charlm_package
from charlm.cells.table import CELLS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")

BOOK = 8_000  # characters: most of the first chapter
MADE_LINES = 400  # of a text that a command makes

BLOCK = re.compile(r"(?:<!-- command: (\w+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = [(language, name, content) for name, language, content in BLOCK.findall(README)]


def cells_in_readme():
    return re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)


def test_the_table_of_cells_is_the_table_of_cells():
    assert cells_in_readme() == list(CELLS)


def lines():
    """The lines of the bash blocks, in order, without comments."""
    for language, _, content in BLOCKS:
        if language == "bash":
            yield from (line for each in content.splitlines() if (line := each.split("  #")[0].strip()))


def commands():
    """The arguments of the lines that run charlm and nothing else."""
    return [shlex.split(line)[1:] for line in lines() if is_plain(line)]


def is_plain(line):
    return line.startswith("charlm ") and not re.search(r" [|>&;] ?", line)


def needs_network(line):
    """Fetching has tests of its own, in which no network is needed."""
    return "fetch" in line or "tiny-shakespeare" in line


def write_files(folder):
    """The files whose content README shows: `This is `mystudy.yaml`:`, and then the block."""
    for name, content in re.findall(r"`([\w.]+\.yaml)`:\n\n```yaml\n(.*?)```", README, re.DOTALL):
        (folder / name).write_text(content)


def shortened(arguments):
    """The same command with so little to train, to make or to look at that it takes a part of a second."""
    if arguments[0] == "train" and "--resume" not in arguments:
        for option in ("--budget", "--epochs", "-c"):
            while option in arguments and (at := arguments.index(option)) >= 0:
                del arguments[at : at + 2]
        arguments += ["--steps", "4", "-s", "model.hidden_size=16"]
    if arguments[0] == "tune":
        arguments += ["--each", "2steps", "-s", "model.hidden_size=16", "-s", "training.seq_len=32"]
    if arguments[0] == "bench":
        arguments += ["--sizes", "1x16"]
    if arguments[:2] == ["inspect", "gradients"]:
        arguments += ["--distance", "9", "--positions", "4"]
    if arguments[:2] == ["data", "synthetic"] and "--lines" not in arguments:
        arguments += ["--lines", str(MADE_LINES)]
    return arguments


def prepare(folder, verse):
    """Small files under the names of those that README's lines make, and those whose content it shows."""
    (folder / "mybook.txt").write_bytes(verse.read_bytes() * 3)
    (folder / "names.txt").write_text("Ada\nAlan\nEdsger\nGrace\nJohn\nKathleen\n" * 4)
    write_files(folder)


def test_every_block_is_run_by_a_test_or_by_the_check_of_a_change():
    """`start` and `test` install charlm, which .ci/run and a newcomer do; `text` is the layout."""
    for language, name, content in BLOCKS:
        if language == "sh":
            assert name in ("start", "test"), content
        else:
            assert language in ("bash", "python", "yaml", "text"), content
    shown = re.findall(r"`([\w.]+\.yaml)`:\n\n```yaml", README)
    assert len(shown) == sum(language == "yaml" for language, _, _ in BLOCKS), "each yaml block has a file's name"


def test_every_command_in_the_prose_and_in_the_tables_is_one():
    found = re.findall(r"`(?:time )?charlm ([^`]+)`", README)
    assert len(found) >= 8
    for command in found:
        if not command.startswith("--"):  # --help, --install-completion
            require_command(shlex.split(command))


def test_the_commands_of_the_first_minute_are_commands():
    (start,) = [content for language, name, content in BLOCKS if name == "start"]
    found = re.findall(r"bin/charlm ?([^&\n]*)", start)
    assert found
    for command in found:
        require_command(shlex.split(command))


def test_the_layout_names_every_room_of_the_package():
    (layout,) = [content for language, _, content in BLOCKS if language == "text"]
    named = set(re.findall(r"^  (\w+)/ ", layout, re.MULTILINE))
    package = Path(charlm_package.__file__).parent
    assert named == {path.parent.name for path in package.glob("*/__init__.py")}


def test_there_are_commands():
    assert len(list(commands())) >= 10


def test_every_command_runs(charlm, verse, tmp_path):
    """Trainings are cut to a few steps of a small model here, and the book too; `-m slow` runs them as they stand."""
    prepare(tmp_path, verse)
    (tmp_path / "mybook.txt").unlink()  # the first line makes it
    study = tmp_path / "mystudy.yaml"
    study.write_text(study.read_text().replace("{steps: 40}", "{steps: 4}"))
    for arguments in map(shortened, commands()):
        if needs_network(arguments):
            continue
        result = charlm(*arguments)
        assert result.returncode == 0, f"charlm {' '.join(arguments)}\n{result.stderr}"
        if arguments[:2] == ["data", "write"]:
            book = tmp_path / "mybook.txt"
            book.write_text(book.read_text(encoding="utf-8")[:BOOK], encoding="utf-8")


def test_the_files_of_the_examples_are_made_by_readme():
    made = set(re.findall(r"(?:> |-o |--output )(\S+)", "\n".join(lines())))
    assert {"mybook.txt", "names.txt"} <= made


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_line_runs_as_it_stands(tmp_path):
    """In a shell, in one folder: also the lines that make the files which later lines name."""
    write_files(tmp_path)
    program = tmp_path / "bin" / "charlm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m charlm "$@"\n')
    program.chmod(0o755)
    made = set(re.findall(r"(?:> |-o |--output )(\S+)", "\n".join(lines())))
    names = "".join(f"{first}{last}\n" for first in ("A", "Be", "Ca", "Do", "E") for last in ("da", "lan", "ra", "na"))
    brought = {"mybook.txt": "The owl sat in the old oak tree and looked for mice.\n" * 400, "names.txt": names * 20}
    for name in brought.keys() - made:  # README leaves it to the reader to bring this file
        (tmp_path / name).write_text(brought[name])
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    for line in lines():
        if not needs_network(line):
            environment = {**os.environ, "PATH": path}
            done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_the_library_example_runs_as_it_stands(verse, tmp_path, monkeypatch, capsys):
    prepare(tmp_path, verse)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    (example,) = [content for language, _, content in BLOCKS if language == "python"]
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Finished(reason='length', step=200" in printed
    assert 0 < float(printed.splitlines()[-1]) < 20
