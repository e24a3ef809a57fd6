"""A checkpoint from a stranger executes nothing, costs at most twice its size in memory, and is used or refused."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from attacks import ATTACKS, ON_TRAINING
from forging import put, reseal, sealed, write

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import CheckpointError, IntegrityError
from charlm.runs.folder import DESCRIPTION, MODEL, TRAINING

TIMES = 2  # the size of the checkpoint in memory, at most
ALWAYS = 12 * 2**20  # bytes that any takes: the description, parsed; the largest header
OPENED = (CheckpointError, IntegrityError)


def verdict(read: Callable[[Path], object], folder: Path) -> str:
    """What is wrong with how this was opened, or nothing: it must be refused, in three lines, and cheaply."""
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    tracemalloc.start()
    try:
        read(folder)
    except OPENED as error:
        if not (error.what and error.where and error.remedy and len(str(error).splitlines()) == 3):
            return f"not three lines: {error}"
    except Exception as error:
        return f"a traceback: {type(error).__name__}: {error}"
    else:
        return "it was opened"
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return f"{peak:,} bytes for {size:,}" if peak > ALWAYS + TIMES * size else ""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory) -> dict[str, Path]:
    """A checkpoint for each attack."""
    root = tmp_path_factory.mktemp("attacks")
    whole = write(root / "whole")
    folders = {}
    for number, (name, attack) in enumerate((ATTACKS | ON_TRAINING).items()):
        folders[name] = root / str(number) / "step-7"
        shutil.copytree(whole, folders[name])
        attack(folders[name])
    assert len(folders) >= 60
    return folders


def test_attacks_are_refused(attacked):
    faults = {name: fault for name in ATTACKS if (fault := verdict(load_checkpoint, attacked[name]))}
    assert faults == {}


def test_attacks_on_a_training_are_refused(attacked):
    faults = {name: fault for name in ON_TRAINING if (fault := verdict(load_training_arrays, attacked[name]))}
    assert faults == {}


def naive(folder: Path) -> object:
    from safetensors.numpy import load_file

    json.loads((folder / DESCRIPTION).read_bytes())
    return load_file(folder / MODEL)


def test_a_naive_loader_is_caught(attacked):
    left_out = ("a model that is a FIFO", "a model that is a device", *(name for name in ATTACKS if " many " in name))
    some = [name for name in ATTACKS if name not in left_out]
    found = {name: verdict(naive, attacked[name]) for name in some}
    assert sum(map(bool, found.values())) == len(found)
    assert found["NaN"] == found["a wrong shape"] == found["huge settings"] == "it was opened"
    assert "bytes for" in verdict(costly, attacked["a description of many lists"])


def costly(folder: Path) -> object:
    json.loads((folder / DESCRIPTION).read_bytes())
    raise CheckpointError("what", "where", "remedy")


WATCHED = """
import sys
from pathlib import Path
from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.errors import CharlmError
try:
    load_checkpoint(Path(sys.argv[1]))
except CharlmError:
    pass
seen = set()
ROOMS = ("exec", "compile", "import", "os", "subprocess", "socket", "pickle", "ctypes", "shutil")
ALLOWED = ("open", "os.listdir", "os.scandir", "object.__getattr__", "sys._getframe", "code.__new__", "marshal.loads")

def watch(event, arguments):
    if event == "open" and arguments[1] not in ("r", "rb", None):
        seen.add(f"open {arguments[0]!r} {arguments[1]}")
    elif event.split(".")[0] in ROOMS:
        if event not in ALLOWED:
            seen.add(f"{event} {arguments!r}"[:200])

sys.addaudithook(watch)
for folder in sys.argv[1:]:
    for opened in (load_checkpoint, load_training_arrays):
        try:
            HOW
        except Exception:
            pass
print(*sorted(seen), sep="\\n")
"""


def watched(how: str, folders, cwd: Path) -> list[str]:
    """What Python tells its auditors while strangers' checkpoints are opened."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED).replace("HOW", how), *map(str, folders)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return [line for line in result.stdout.splitlines() if line]


def test_opening_executes_nothing(attacked, tmp_path):
    assert watched("opened(Path(folder))", attacked.values(), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_loader_that_executes_is_caught(attacked, tmp_path):
    unpickle = "__import__('pickle').load(open(Path(folder) / 'model.safetensors', 'rb'))"
    seen = watched(unpickle, [attacked["a pickle"]], tmp_path)
    assert any("pickle.find_class" in line for line in seen)
    assert any("os.mkdir" in line for line in seen)
    assert (tmp_path / "executed").is_dir()


@pytest.mark.parametrize("hidden_size", [256, pytest.param(2048, marks=pytest.mark.slow)])
def test_a_whole_checkpoint_costs_at_most_twice_its_size(tmp_path, hidden_size):
    settings = Settings(model=ModelSettings(hidden_size=hidden_size, num_layers=2))
    folder = write(tmp_path / "step-7", settings)
    size = sum(path.stat().st_size for path in folder.iterdir())
    tracemalloc.start()
    checkpoint = load_checkpoint(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert checkpoint.parameters
    assert peak <= TIMES * size + 2**20  # the description


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Bits flipped, bytes cut out, doubled, put in or exchanged, numbers made extreme."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = data[at : at + rng.randrange(1, 40)]
        elif kind == 3:
            data[at:at] = rng.choice((b"\0", b'"', b"[", b"{", b"-", b"9" * 30, b"1e999", b"NaN", b"null", b"\\ud800"))
        elif kind == 4:
            data[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\x80\x7f", b"\0\0\xc0\x7f", b"\0\0\0\0"))
        else:
            other = rng.randrange(len(data)) if data else 0
            data[at : at + 8], data[other : other + 8] = data[other : other + 8], data[at : at + 8]
    return bytes(data)


def seal_body(content: bytes) -> bytes:
    """A changed description with its checksum made right, where it still is JSON."""
    try:
        return sealed(json.loads(content)["body"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return content


@pytest.mark.parametrize("times", [2000, pytest.param(200_000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])])
def test_mutations_are_refused_or_harmless(tmp_path, times):
    folder = write(tmp_path / "step-7")
    whole = {name: (folder / name).read_bytes() for name in (DESCRIPTION, MODEL, TRAINING)}
    rng = random.Random(times)
    refused = 0
    for trial in range(times):
        name = rng.choice(list(whole))
        changed = mutated(whole[name], rng)
        resealed = rng.random() < 0.7
        put(folder / name, seal_body(changed) if resealed and name == DESCRIPTION else changed)
        if resealed and name != DESCRIPTION:
            reseal(folder)
        try:
            found = load_training_arrays(folder) if name == TRAINING else load_checkpoint(folder).parameters
        except OPENED:
            refused += 1
        else:
            assert all(np.isfinite(value).all() for value in found.values()), trial
            assert resealed or changed == whole[name], trial
        put(folder / name, whole[name])
        put(folder / DESCRIPTION, whole[DESCRIPTION])
    assert refused > times // 2


def test_a_folder_that_the_system_refuses_is_told():
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(Path("x" * 5000))
