"""A checkpoint: what is saved is loaded, and damage is detected."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from charlm.checkpoint import Scores, load_checkpoint, load_training_arrays, write_checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.config.settings import ModelSettings, Settings
from charlm.engines.choosing import stepper
from charlm.errors import CheckpointError, DivergedError, IntegrityError
from charlm.model.parameters import initial_parameters, parameter_shapes
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(tuple(" abé字😀"))
SETTINGS = Settings(model=ModelSettings(hidden_size=8, num_layers=2))


def write(folder, **changes):
    given = {
        "step": 7,
        "settings": SETTINGS,
        "vocabulary": VOCABULARY,
        "text": TextIdentity(name="a book", sha256="0" * 64, characters=100),
        "scores": Scores(valid_nats=1.5),
        "parameters": initial_parameters(SETTINGS.model, VOCABULARY.size, np.random.default_rng(0)),
        "training": {"position": 3},
        "training_arrays": {"random": np.arange(5, dtype=np.uint8), "step": np.array(3.0, np.float32)},
    }
    write_checkpoint(folder, **(given | changes))
    return given


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "step-7")
    return tmp_path / "step-7"


def test_a_saved_checkpoint_is_loaded_unchanged(tmp_path):
    given = write(tmp_path / "step-7")
    checkpoint = load_checkpoint(tmp_path / "step-7")
    assert checkpoint.step == 7
    assert checkpoint.settings == SETTINGS
    assert checkpoint.vocabulary == VOCABULARY
    assert checkpoint.scores == given["scores"]
    assert checkpoint.training == {"position": 3}
    for name, value in given["parameters"].items():
        np.testing.assert_array_equal(checkpoint.parameters[name], value)
    arrays = load_training_arrays(tmp_path / "step-7")
    assert arrays["random"].tolist() == [0, 1, 2, 3, 4]
    assert arrays["step"].shape == ()


def test_arrays_have_the_same_order_each_time(folder):
    """The library's own differs from one time to the next, and a sum over all of them in its last bits."""
    names = list(parameter_shapes(load_checkpoint(folder).settings.model, 3))
    for _ in range(5):
        assert list(load_checkpoint(folder).parameters) == names
        assert list(load_training_arrays(folder)) == sorted(load_training_arrays(folder))


def test_a_loaded_model_can_step(folder):
    quick = stepper(load_checkpoint(folder).model)
    logits, _ = quick.step(np.array([0]), quick.fresh(1))
    assert logits.shape == (1, VOCABULARY.size)


@pytest.mark.parametrize("name", ["checkpoint.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(folder)


def test_a_checkpoint_without_training_arrays_can_be_loaded(folder):
    (folder / "training.safetensors").unlink()
    load_checkpoint(folder)
    with pytest.raises(CheckpointError, match=r"training\.safetensors"):
        load_training_arrays(folder)


@pytest.mark.parametrize("name", ["checkpoint.json", "model.safetensors", "training.safetensors"])
def test_flipped_bits_are_detected(folder, name):
    path = folder / name
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(100):
        at, bit = rng.integers(len(whole)), 1 << rng.integers(8)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        with pytest.raises(IntegrityError):
            load_training_arrays(folder) if name.startswith("training") else load_checkpoint(folder)


@pytest.mark.parametrize("name", ["checkpoint.json", "model.safetensors"])
def test_truncations_are_detected(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for length in np.random.default_rng(0).integers(0, len(whole), 30):
        path.write_bytes(whole[:length])
        with pytest.raises(IntegrityError):
            load_checkpoint(folder)


def test_weights_of_another_shape_are_refused_before_they_are_loaded(folder, tmp_path):
    other = Settings(model=ModelSettings(hidden_size=9, num_layers=2))
    parameters = initial_parameters(other.model, VOCABULARY.size, np.random.default_rng(0))
    write(tmp_path / "step-8", parameters=parameters)
    with pytest.raises(IntegrityError, match="settings call for"):
        load_checkpoint(tmp_path / "step-8")


def test_another_vocabulary_is_refused(tmp_path):
    write(tmp_path / "step-8", vocabulary=Vocabulary(tuple("abc")))
    with pytest.raises(IntegrityError, match="settings call for"):
        load_checkpoint(tmp_path / "step-8")


def test_numbers_that_are_not_finite_are_never_saved(tmp_path):
    parameters = initial_parameters(SETTINGS.model, VOCABULARY.size, np.random.default_rng(0))
    parameters["head.bias"][2] = np.nan
    with pytest.raises(DivergedError, match=r"head\.bias"):
        write(tmp_path / "step-8", parameters=parameters)
    with pytest.raises(DivergedError, match=r"optimizer\.exp_avg"):
        write(tmp_path / "step-8", training_arrays={"optimizer.exp_avg": np.array([1.0, np.inf])})
    assert not list(tmp_path.iterdir())


def test_files_may_be_links_to_files_as_in_the_cache_of_a_hub(folder, tmp_path):
    whole = load_checkpoint(folder)
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "abc123"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.iterdir())):
        path.rename(blobs / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    linked = load_checkpoint(snapshot)
    assert all((linked.parameters[name] == value).all() for name, value in whole.parameters.items())
    assert load_training_arrays(snapshot)


def test_what_a_link_leads_to_is_checked_like_any_file(folder, tmp_path):
    model = folder / "model.safetensors"
    size = model.stat().st_size
    model.unlink()
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * size)
    model.symlink_to(secret)
    with pytest.raises(IntegrityError, match="checksum"):
        load_checkpoint(folder)
    for target in ("/dev/zero", str(tmp_path), model.name, "nothing-here"):
        model.unlink()
        model.symlink_to(target)
        with pytest.raises(CheckpointError, match=r"no file model\.safetensors"):
            load_checkpoint(folder)


def test_the_description_is_plain_json(folder):
    body = json.loads((folder / "checkpoint.json").read_text())["body"]
    assert body["settings"]["model"]["cell"] == "lstm"
    assert body["vocabulary"]["symbols"] == "".join(VOCABULARY.symbols)
    assert set(body["files"]) == {"model.safetensors", "training.safetensors"}


def test_a_checkpoint_has_the_name_of_its_run_or_of_its_folder(folder, tmp_path):
    assert load_checkpoint(folder).run_name == tmp_path.name
    shutil.copytree(folder, tmp_path / "taken-away")
    assert load_checkpoint(tmp_path / "taken-away").run_name == "taken-away"


@pytest.mark.parametrize(
    "vocabulary",
    [Vocabulary(("", *" abé")), Vocabulary(("a", "e\u0301", "न्दी", "日", "👨\u200d👩"), "grapheme")],
    ids=["unknown symbol", "graphemes"],
)
def test_a_vocabulary_of_another_kind_is_kept_and_its_writer_never_writes_the_unknown(tmp_path, vocabulary):
    write(
        tmp_path / "step-7",
        vocabulary=vocabulary,
        parameters=initial_parameters(SETTINGS.model, 5, np.random.default_rng(0)),
    )
    checkpoint = load_checkpoint(tmp_path / "step-7")
    assert checkpoint.vocabulary == vocabulary
    muted = checkpoint.writer.parameters["head.bias"] < -1e29
    assert muted.tolist() == [vocabulary.unknown_id == number for number in range(5)]
    assert (checkpoint.parameters["head.bias"] > -1e29).all()
