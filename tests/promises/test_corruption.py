"""A checkpoint with a bit flipped or an end missing is never used: every file, every one of thousands of damages.

The harness is tried on safetensors alone, which knows no checksum and lets most of them pass.
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

FILES = ("checkpoint.json", "model.safetensors", "training.safetensors")


@pytest.fixture
def run(tmp_path):
    return durable.a_run(tmp_path)


def as_charlm_opens(folder, name):
    """The file's reading as a resumed training does it; the message of the refusal, or none."""
    try:
        load_checkpoint(folder)
        load_training_arrays(folder)
    except IntegrityError as error:
        return error.what
    return ""


def as_safetensors_alone_opens(folder, name):
    try:
        from_safetensors((folder / name).read_bytes())
    except SafetensorError as error:
        return str(error)
    return ""


def flipped(whole, rng):
    place, bit = int(rng.integers(len(whole))), 1 << int(rng.integers(8))
    return whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]


def shortened(whole, rng):
    return whole[: int(rng.integers(len(whole)))]


def unseen(folder, names, damage, times, opens):
    """How many of so many damages were not found, shared out over the files by turns."""
    rng, missed = np.random.default_rng(1), 0
    whole = {name: (folder / name).read_bytes() for name in names}
    for number in range(times):
        name = names[number % len(names)]
        (folder / name).write_bytes(damage(whole[name], rng))
        missed += not opens(folder, name)
        (folder / name).write_bytes(whole[name])
    assert not opens(folder, names[0])  # whole again, it opens: what was found was the damage
    return missed


@pytest.mark.parametrize("times", [2000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_every_flipped_bit_is_found(run, times):
    assert unseen(run.checkpoints[-1], FILES, flipped, times, as_charlm_opens) == 0


def test_a_flip_that_says_the_same_in_other_letters_is_found(run):
    """JSON reads \\u00e9 and \\u00E9 alike, and they are one bit apart."""
    path = run.checkpoints[-1] / "checkpoint.json"
    assert path.read_bytes().count(b"\\u00e9") == 1
    path.write_bytes(path.read_bytes().replace(b"\\u00e9", b"\\u00E9"))
    assert "checkpoint.json is not as charlm wrote it" in as_charlm_opens(path.parent, path.name)


def test_every_truncation_is_found(run):
    assert unseen(run.checkpoints[-1], FILES, shortened, 500, as_charlm_opens) == 0


def test_the_harness_catches_a_loader_without_checksums(run):
    folder = run.checkpoints[-1]
    assert unseen(folder, FILES[1:], flipped, 400, as_safetensors_alone_opens) > 200
    for path in folder.iterdir():
        assert path.stat().st_size < 16_000  # so small that thousands of trials cost seconds


def test_a_checkpoint_of_two_files_of_two_checkpoints_is_found(run):
    """Each is whole, and they do not belong together: the weights of one step, the optimizer of another."""
    older, newer = run.checkpoints
    for name in FILES:
        kept = (newer / name).read_bytes()
        (newer / name).write_bytes((older / name).read_bytes())
        assert as_charlm_opens(newer, name)
        (newer / name).write_bytes(kept)
    assert not as_charlm_opens(newer, FILES[0])


@pytest.mark.parametrize("name", FILES)
def test_if_the_newest_is_bad_the_newest_good_one_is_taken_and_it_is_said(run, name):
    newest, good = run.checkpoints[-1], run.checkpoints[-2]
    (newest / name).write_bytes(flipped((newest / name).read_bytes(), np.random.default_rng(2)))
    checkpoint, wrong = newest_whole(run)
    assert checkpoint.folder == good
    assert len(wrong) == 1
    assert f"{newest.name} was skipped: {name}" in wrong[0]


def test_if_all_are_bad_none_is_taken_and_each_is_named(run):
    for folder in run.checkpoints:
        (folder / "model.safetensors").write_bytes(b"")
    checkpoint, wrong = newest_whole(run)
    assert checkpoint is None
    assert [line.split()[0] for line in wrong] == ["step-2", "step-1"]


def test_a_missing_file_is_found(run):
    (run.checkpoints[-1] / "training.safetensors").unlink()
    checkpoint, wrong = newest_whole(run)
    assert checkpoint.step == 1
    assert "training.safetensors" in wrong[0]
    with pytest.raises(CheckpointError):
        load_training_arrays(run.checkpoints[-1])


# Pointers after an accident


def test_a_best_one_that_was_written_but_not_yet_pointed_to_becomes_the_best(run):
    """Killed between the rename and the pointer: without this the best weights would be deleted some saves later."""
    best = durable.write(run, 3, best=True)
    run.point("best", run.folder / "step-2")
    run.point("last", run.folder / "step-2")
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, checkpoint.training["best_step"])
    assert run.pointed("best") == run.pointed("last") == best


def test_a_damaged_best_one_gives_way_to_a_whole_one(run):
    (run.folder / "step-1/model.safetensors").write_bytes(b"")
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, 1)
    assert run.pointed("best").name == "step-2"


def test_the_best_one_stays_the_best_though_training_goes_on_from_an_older_one(run):
    """Its optimizer's memory is damaged, its weights are not."""
    best = durable.write(run, 3, best=True)
    (best / "training.safetensors").write_bytes(b"")
    checkpoint, _ = newest_whole(run)
    assert checkpoint.step == 2
    repair_pointers(run, checkpoint, 1)
    assert run.pointed("best") == best
    assert run.pointed("last").name == "step-2"


def test_without_a_validation_there_is_no_best_one(tmp_path):
    run = durable.create_run(tmp_path, "plain", "x", {})
    durable.write(run, 1)
    checkpoint, _ = newest_whole(run)
    repair_pointers(run, checkpoint, None)
    assert run.pointed("best") is None
    shutil.rmtree(checkpoint.folder)
    assert newest_whole(run) == (None, ())
