"""A new run gets a folder that no other run has."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from charlm import __version__
from charlm.errors import CheckpointError, UsageError
from charlm.runs import create_run


def test_automatic_names_count_up(tmp_path):
    names = [create_run(tmp_path / "runs", None, "python-docs-lstm", {}).name for _ in range(3)]
    assert names == ["python-docs-lstm-1", "python-docs-lstm-2", "python-docs-lstm-3"]


def test_a_new_number_is_above_the_highest(tmp_path):
    (tmp_path / "x-7").mkdir()
    (tmp_path / "x-y-9").mkdir()
    assert create_run(tmp_path, None, "x", {}).name == "x-8"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("My Book (final).txt", "my-book-final-.txt-1"),
        ("../../etc/passwd", "etc-passwd-1"),
        ("红楼梦-lstm", "红楼梦-lstm-1"),
        ("...", "run-1"),
        ("", "run-1"),
        ("\x1b[31m\n", "31m-1"),
        ("a" * 300, "a" * 48 + "-1"),
    ],
)
def test_any_slug_becomes_a_name(tmp_path, slug, name):
    run = create_run(tmp_path, None, slug, {})
    assert run.name == name
    assert run.folder.parent == tmp_path


def test_two_threads_never_create_the_same_folder(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: create_run(tmp_path, None, "x", {}).name, range(24)))
    assert len(set(names)) == 24


def test_two_processes_never_create_the_same_folder(tmp_path):
    code = (
        "import sys, pathlib; from charlm.runs import create_run\n"
        "sys.stdin.readline()\n"
        "print(*[create_run(pathlib.Path(sys.argv[1]), None, 'x', {}).name for _ in range(10)])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    names = [name for process in both for name in process.communicate(timeout=60)[0].split()]
    assert sorted(names, key=lambda name: int(name[2:])) == [f"x-{number}" for number in range(1, 21)]


def test_a_name_is_created_only_once(tmp_path):
    def attempt(_):
        try:
            return create_run(tmp_path, "mine", "x", {}).name
        except CheckpointError as error:
            return error.remedy

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert outcomes.count("mine") == 1


def test_the_error_for_a_taken_name_says_how_to_resume(tmp_path):
    create_run(tmp_path, "mine", "x", {})
    with pytest.raises(CheckpointError) as caught:
        create_run(tmp_path, "mine", "x", {})
    assert "charlm train --resume mine" in caught.value.remedy


def test_a_foreign_folder_of_that_name_is_unchanged(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(CheckpointError) as caught:
        create_run(tmp_path, "mine", "x", {})
    assert "is not a run" in caught.value.what
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "-x", "a/b", "a b", "a\n", "latest", "Latest", "x" * 81, "a\0"]
)
def test_invalid_names_are_refused(tmp_path, name):
    with pytest.raises(UsageError):
        create_run(tmp_path, name, "x", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "A-1.2_b", "_x", "9", "x" * 80, "Война"])
def test_valid_names(tmp_path, name):
    assert create_run(tmp_path, name, "x", {}).name == name


def test_the_mark_has_version_creation_and_text(tmp_path):
    mark = create_run(tmp_path, None, "x", {"text": {"name": "x", "sha256": "0" * 64}}).mark
    assert mark["format"] == 1
    assert mark["charlm"] == __version__
    assert mark["created"].endswith("+00:00")
    assert mark["text"]["sha256"] == "0" * 64
    assert mark["checkpoints"] == []


def test_a_run_has_its_files_from_the_first_moment(tmp_path, monkeypatch):
    """Wherever the process is killed, there is a whole run or none."""
    seen = []
    real = Path.rename

    def watched(path, target):
        seen.append(sorted(each.name for each in path.iterdir()))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", watched)
    run = create_run(tmp_path, "mine", "x", {}, {"config.yaml": "text: {}\n"})
    assert seen == [["config.yaml", "run.json"]]
    assert run.config.read_text() == "text: {}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_that_cannot_be_filled_leaves_nothing_behind(tmp_path):
    with pytest.raises(CheckpointError):
        create_run(tmp_path, "mine", "x", {}, {"no/such/folder": ""})
    assert list(tmp_path.iterdir()) == []


def test_the_error_for_an_unwritable_root_has_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError) as caught:
        create_run(tmp_path / "file", None, "x", {})
    assert "CHARLM_RUNS" in caught.value.remedy
