"""Every command in the README runs as it stands: in order, in one folder, from the first block to the last."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from charlm.cells.table import CELLS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")

STUDY = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]


def cells_in_readme():
    return re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)


def test_the_table_of_cells_is_the_table_of_cells():
    assert cells_in_readme() == list(CELLS)


def commands():
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            command = line.split("  #")[0].strip()
            if command.startswith("charlm "):
                yield shlex.split(command)[1:]


def prepare(folder, verse):
    (folder / "mybook.txt").write_bytes(verse.read_bytes() * 3)
    (folder / "names.txt").write_text("Ada\nAlan\nEdsger\nGrace\nJohn\nKathleen\n" * 20)
    (folder / "mystudy.yaml").write_text(STUDY)


def test_there_are_commands():
    assert len(list(commands())) >= 10


def test_every_command_runs(charlm, verse, tmp_path):
    """Trainings are cut to a few steps of a small model here; `-m slow` runs them as they stand."""
    prepare(tmp_path, verse)
    for arguments in commands():
        if arguments[0] == "train" and "--resume" not in arguments:
            for option in ("--budget", "-c"):
                while option in arguments and (at := arguments.index(option)) >= 0:
                    del arguments[at : at + 2]
            arguments += ["--steps", "4", "-s", "model.hidden_size=16"]
        if arguments[0] == "bench":
            arguments += ["--sizes", "1x16"]
        if "fetch" in arguments or "tiny-shakespeare" in arguments:
            continue  # the network is not for tests; fetching has tests of its own
        result = charlm(*arguments)
        assert result.returncode == 0, f"charlm {' '.join(arguments)}\n{result.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_command_runs_as_it_stands(charlm_process, verse, tmp_path):
    prepare(tmp_path, verse)
    for arguments in commands():
        if "fetch" not in arguments and "tiny-shakespeare" not in arguments:
            assert charlm_process(*arguments).returncode == 0, arguments


def test_the_library_example_runs(verse, tmp_path, monkeypatch, capsys):
    """As it stands, but for the length of its training."""
    prepare(tmp_path, verse)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "steps=200" in example
    exec(compile(example.replace("steps=200", "steps=4"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Finished(reason='length', step=4" in printed
    assert 0 < float(printed.splitlines()[-1]) < 20
