"""A checkpoint with a flipped bit or a missing end is never used, in any file, in thousands of trials.

The harness is tested on safetensors alone, which has no checksum and misses most of the damage.
"""

from __future__ import annotations

import shutil

import durable
import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.checkpoint.series import newest_whole, repair_pointers
from charlm.errors import CheckpointError, IntegrityError
from charlm.runs import create_run

FILES = ("checkpoint.json", "model.safetensors", "training.safetensors")


@pytest.fixture
def run(tmp_path):
    return durable.create_run(tmp_path)


def error_of_charlm(folder, name):
    """The error when the checkpoint is opened as by a resumed training; empty if there is none."""
    try:
        load_checkpoint(folder)
        load_training_arrays(folder)
    except IntegrityError as error:
        return error.what
    return ""


def error_of_safetensors(folder, name):
    try:
        from_safetensors((folder / name).read_bytes())
    except SafetensorError as error:
        return str(error)
    return ""


def flipped(whole, rng):
    offset, bit = int(rng.integers(len(whole))), 1 << int(rng.integers(8))
    return whole[:offset] + bytes([whole[offset] ^ bit]) + whole[offset + 1 :]


def shortened(whole, rng):
    return whole[: int(rng.integers(len(whole)))]


def missed_damage(folder, names, damage, times, error_of):
    """In how many of `times` trials the damage was missed. The files are damaged in turn."""
    rng, missed = np.random.default_rng(1), 0
    whole = {name: (folder / name).read_bytes() for name in names}
    for number in range(times):
        name = names[number % len(names)]
        (folder / name).write_bytes(damage(whole[name], rng))
        missed += not error_of(folder, name)
        (folder / name).write_bytes(whole[name])
    assert not error_of(folder, names[0])  # the restored files open, so the errors were about the damage
    return missed


@pytest.mark.parametrize("times", [2000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_every_flipped_bit_is_found(run, times):
    assert missed_damage(run.checkpoints[-1], FILES, flipped, times, error_of_charlm) == 0


def test_a_flip_that_does_not_change_the_json_value_is_found(run):
    """JSON reads \\u00e9 and \\u00E9 alike, and they differ in one bit."""
    path = run.checkpoints[-1] / "checkpoint.json"
    assert path.read_bytes().count(b"\\u00e9") == 1
    path.write_bytes(path.read_bytes().replace(b"\\u00e9", b"\\u00E9"))
    assert "checkpoint.json is not as charlm wrote it" in error_of_charlm(path.parent, path.name)


def test_every_truncation_is_found(run):
    assert missed_damage(run.checkpoints[-1], FILES, shortened, 500, error_of_charlm) == 0


def test_the_harness_catches_a_loader_without_checksums(run):
    folder = run.checkpoints[-1]
    assert missed_damage(folder, FILES[1:], flipped, 400, error_of_safetensors) > 200
    for path in folder.iterdir():
        assert path.stat().st_size < 16_000  # small enough for thousands of trials


def test_a_mix_of_files_of_two_checkpoints_is_found(run):
    """Each file is whole, but the weights are of one step and the optimizer of another."""
    older, newer = run.checkpoints
    for name in FILES:
        kept = (newer / name).read_bytes()
        (newer / name).write_bytes((older / name).read_bytes())
        assert error_of_charlm(newer, name)
        (newer / name).write_bytes(kept)
    assert not error_of_charlm(newer, FILES[0])


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_newest_checkpoint_is_skipped_and_named(run, name):
    newest, good = run.checkpoints[-1], run.checkpoints[-2]
    (newest / name).write_bytes(flipped((newest / name).read_bytes(), np.random.default_rng(2)))
    checkpoint, notes = newest_whole(run)
    assert checkpoint.folder == good
    assert len(notes) == 1
    assert f"{newest.name} was skipped: {name}" in notes[0]


def test_if_all_checkpoints_are_damaged_each_is_named(run):
    for folder in run.checkpoints:
        (folder / "model.safetensors").write_bytes(b"")
    checkpoint, notes = newest_whole(run)
    assert checkpoint is None
    assert [line.split()[0] for line in notes] == ["step-2", "step-1"]


def test_a_missing_file_is_found(run):
    (run.checkpoints[-1] / "training.safetensors").unlink()
    checkpoint, notes = newest_whole(run)
    assert checkpoint.step == 1
    assert "training.safetensors" in notes[0]
    with pytest.raises(CheckpointError):
        load_training_arrays(run.checkpoints[-1])


# Pointers after an accident


def test_a_best_checkpoint_without_a_pointer_becomes_the_best(run):
    """After a kill between the rename and the pointer, the best weights would otherwise be deleted some saves later."""
    best = durable.write(run, 3, best=True)
    run.point("best", run.folder / "step-2")
    run.point("last", run.folder / "step-2")
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, checkpoint.training["best_step"])
    assert run.pointed("best") == run.pointed("last") == best


def test_a_damaged_best_checkpoint_is_replaced_by_a_whole_one(run):
    (run.folder / "step-1/model.safetensors").write_bytes(b"")
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, 1)
    assert run.pointed("best").name == "step-2"


def test_the_best_checkpoint_stays_the_best_if_training_resumes_from_an_older_one(run):
    """Its optimizer state is damaged, its weights are not."""
    best = durable.write(run, 3, best=True)
    (best / "training.safetensors").write_bytes(b"")
    checkpoint, _ = newest_whole(run)
    assert checkpoint.step == 2
    repair_pointers(run, checkpoint, 1)
    assert run.pointed("best") == best
    assert run.pointed("last").name == "step-2"


def test_without_a_validation_there_is_no_best_checkpoint(tmp_path):
    run = create_run(tmp_path, "plain", "x", {})
    durable.write(run, 1)
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, None)
    assert run.pointed("best") is None
    shutil.rmtree(checkpoint.folder)
    assert newest_whole(run) == (None, ())
