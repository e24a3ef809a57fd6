"""A checkpoint from a stranger that names a file of code never runs it, unless the user names that file himself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from forging import body_of, put, sealed, write

from charlm.config.settings import ModelSettings, Settings
from charlm.runs.folder import DESCRIPTION

EXAMPLE = Path(__file__).parent.parent / "data" / "mycell.py"
WATCHED = """
import sys
from pathlib import Path
target, seen = sys.argv[1], []
sys.addaudithook(lambda event, arguments: seen.append(event) if target in map(str, arguments) else None)
import charlm
from charlm.errors import CharlmError
for folder in sys.argv[2:]:
    try:
        charlm.load(folder)
        print("opened", folder)
    except CharlmError as error:
        assert len(str(error).splitlines()) <= 4, error
print(*seen)
"""


@pytest.fixture
def trap(tmp_path) -> Path:
    """A cell's file that leaves a mark when it runs."""
    path = tmp_path / "trap.py"
    path.write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n" + EXAMPLE.read_text())
    return path


def naming(folder: Path, cell: str, **model: object) -> Path:
    """A checkpoint whose settings name this cell, with all checksums right."""
    write(folder, Settings(model=ModelSettings(cell="rnn", hidden_size=8, num_layers=1)))
    body = body_of(folder)
    body["settings"]["model"] |= {"cell": cell, **model}
    put(folder / DESCRIPTION, sealed(body))
    return folder


def foreign(tmp_path: Path, trap: Path) -> list[Path]:
    """Checkpoints that name the file: with its right sha256, a wrong one, none; as the cell, and as that of a layer."""
    right = hashlib.sha256(trap.read_bytes()).hexdigest()
    names = [
        f"{trap}:MyCell@{right}",
        f"{trap}:MyCell@{'0' * 64}",
        f"{trap}:MyCell",
        f"{trap}",
        f"trap.py:MyCell@{right}",
    ]
    folders = [naming(tmp_path / str(number) / "step-7", name) for number, name in enumerate(names)]
    layers = [{"cell": names[0], "cell_options": {}, "hidden_size": 8}]
    return [*folders, naming(tmp_path / "layers" / "step-7", "rnn", layers=layers)]


def test_opening_never_runs_nor_opens_the_file(tmp_path, trap):
    folders = foreign(tmp_path, trap)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(trap), *map(str, folders)], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_loader_that_runs_the_file_is_caught(tmp_path, trap):
    naive = WATCHED.replace(
        "charlm.load(folder)", "exec(compile(open(target).read(), target, 'exec'), {'__name__': 'x'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", naive, str(trap), str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert "open" in done.stdout
    assert (tmp_path / "ran").exists()


def test_no_command_runs_it_without_consent(charlm, tmp_path, trap, verse):
    for folder in foreign(tmp_path, trap):
        config = folder.parent / "config.yaml"
        config.write_text(f"model: {{cell: {str(body_of(folder)['settings']['model']['cell'])!r}}}\n")
        commands = [
            ("sample", folder),
            ("eval", "perplexity", folder, verse),
            ("inspect", "gates", folder, "--text", verse),
            ("train", verse, "--from", folder),
            ("config", "check", config),
            ("runs", "show", folder),
        ]
        for command in commands:
            result = charlm(*map(str, command))
            assert "Traceback" not in result.stderr
            assert result.returncode in ((0, 2, 4) if command[0] in ("runs", "config") else (2, 4)), (
                command,
                result.stderr,
            )
            assert not (tmp_path / "ran").exists(), command


def test_a_recorded_name_in_a_config_file_is_no_consent(charlm, tmp_path, trap):
    right = hashlib.sha256(trap.read_bytes()).hexdigest()
    (tmp_path / "run.yaml").write_text(f"model:\n  cell: {str(trap) + ':MyCell@' + right!r}\n")
    result = charlm("train", "-c", str(tmp_path / "run.yaml"), "--steps", "1")
    assert result.returncode == 2
    assert "--cell-file" in result.stderr
    assert not (tmp_path / "ran").exists()


def test_a_file_that_the_user_names_runs_only_if_it_is_the_recorded_one(charlm, tmp_path, trap):
    folder = naming(tmp_path / "0" / "step-7", f"{trap}:MyCell@{'0' * 64}")
    result = charlm("sample", str(folder), "--cell-file", str(trap))
    assert result.returncode == 2
    assert "is not the file that this model was made with" in result.stderr
    assert not (tmp_path / "ran").exists()
    named = foreign(tmp_path / "more", trap)[0]
    result = charlm("sample", str(named), "--cell-file", str(trap))
    assert (tmp_path / "ran").exists()  # that is what was asked for; the weights are those of another cell
    assert result.returncode == 6, result.stderr
    shutil.rmtree(tmp_path / "more")
