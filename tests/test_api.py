"""The front door of the library: `charlm.load`, `train`, `resume`, `sample` and `score`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import charlm as library
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.training.events import Finished, Started, Updated

TINY = {"hidden_size": 8, "num_layers": 1, "batch_size": 4, "seq_len": 16, "device": "cpu", "sample_length": 0}
FIVE = ["load", "resume", "sample", "score", "train"]


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """The folder of the runs: the same as that of the fixture `charlm`."""
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def trained(verse):
    training = library.train(verse, run="tiny", steps=6, **TINY)
    return training, list(training)


def imported(statement):
    """The modules that a new process imports for the statement, beyond those of Python's own start."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return result.stdout.split()


def test_import_charlm_imports_nearly_nothing():
    modules = imported("import charlm")
    assert "charlm" in modules
    assert not {"torch", "numpy", "pydantic"} & set(modules)
    assert [name for name in modules if name.startswith("charlm.")] == ["charlm.version"]
    assert len(modules) < 40


def test_the_front_door_is_imported_when_it_is_used():
    modules = imported("import charlm; charlm.train")
    assert "charlm.api" in modules
    assert "torch" not in modules


def test_a_model_is_loaded_sampled_and_scored_without_torch(tiny_run, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tiny_run))
    modules = imported("import charlm; model = charlm.load(); charlm.score(model, charlm.sample(model))")
    assert "numpy" in modules
    assert "torch" not in modules


def test_dir_lists_the_five():
    assert set(FIVE) <= set(dir(library))
    assert all(callable(getattr(library, name)) for name in FIVE)


def test_other_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="has no attribute 'fit'"):
        library.fit  # noqa: B018


def test_a_training_is_iterated_then_sampled_and_scored(trained, runs):
    training, events = trained
    assert isinstance(events[0], Started)
    assert [event.step for event in events if isinstance(event, Updated)] == list(range(1, 7))
    assert isinstance(events[-1], Finished)
    assert training.run.folder == runs / "tiny"
    assert library.load().step == 6  # the latest run
    assert len(library.sample("tiny", "The owl ", length=30, seed=1)) == 30
    assert library.score("tiny", "The owl went out to look for mice,").characters == 33


def test_a_model_is_named_in_five_ways(trained):
    run = trained[0].run
    ways = [None, "tiny", run.folder, run.pointed("last"), library.load("tiny")]
    assert len({library.sample(way, "The ", length=20, seed=4) for way in ways}) == 1


@pytest.mark.parametrize("prompt", ["The owl ", "The owl\r\nwent ", ""])
def test_a_sample_is_what_the_command_writes_with_the_same_seed(charlm, tiny_run, monkeypatch, prompt):
    monkeypatch.setenv("CHARLM_RUNS", str(tiny_run))
    written = charlm(
        "sample", "tiny", "-n", 120, "--seed", 7, "--prompt", prompt, "--json", env={"CHARLM_RUNS": str(tiny_run)}
    )
    (expected,) = json.loads(written.stdout)["samples"]
    assert library.sample("tiny", prompt, length=120, seed=7) == expected["text"]


@pytest.mark.parametrize("unknown", ["skip", "nearest", "charge"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_score_is_that_of_eval_perplexity(charlm, tiny_run, tmp_path, monkeypatch, newline, unknown):
    monkeypatch.setenv("CHARLM_RUNS", str(tiny_run))
    text = f"The éwl{newline}went out to look for 日 mice.{newline}" * 9
    (tmp_path / "text.txt").write_bytes(text.encode())
    result = charlm(
        "eval", "perplexity", "tiny", "text.txt", "--unknown", unknown, "--json", env={"CHARLM_RUNS": str(tiny_run)}
    )
    expected, score = json.loads(result.stdout), library.score("tiny", text, unknown=unknown)
    assert score.nats_per_character == expected["nats_per_character"]
    assert score.perplexity == expected["perplexity"]
    assert score.characters == expected["characters"]


NAMES = ["ann", "bob", "cleo", "dan and\tdoe", "eve"] * 12
FORMS = {
    "lines": ("\n".join(NAMES), ["--records"]),
    "own lines": ("\n%\n".join(f"{name}\n{name}" for name in NAMES) + "\n", ["-s", "text.separator=%"]),
    "empty lines": ("\r\n\r\n".join(f"{name}\r\n!" for name in NAMES), ["-s", "text.separator=empty-line"]),
    "any text": ("; ".join(NAMES), ["-s", "text.separator=;"]),
    "a column": ("n,name\n" + "".join(f'1,"{name}"\n' for name in NAMES), ["-s", "text.column=name"]),
    "a field": ("".join(json.dumps({"a": name}) + "\n" for name in NAMES), ["-s", "text.field=a"]),
    "fasta": ("".join(f">{name}\nACGT\nCA\n" for name in NAMES), ["-s", "text.format=fasta"]),
    "a book": (
        "licence\n*** START OF THE PROJECT GUTENBERG EBOOK X ***\n" + "The owl\n" * 40
        + "*** END OF THE PROJECT GUTENBERG EBOOK X ***\nlicence\n", [],
    ),
    "bytes": ("\ufeffThe owl\r\n" * 40, ["-s", "text.unit=byte"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "form"), FORMS.values(), ids=FORMS)
def test_a_text_is_scored_and_written_in_the_form_that_the_model_was_trained_on(charlm, tmp_path, text, form):
    (tmp_path / "text").write_bytes(text.encode())
    small = [
        word
        for name in ("model.hidden_size=8", "model.num_layers=1", "training.validations=1")
        for word in ("-s", name)
    ]
    trained = charlm("train", "text", "--run", "tiny", "--steps", 3, "--device", "cpu", *small, *form)
    assert trained.returncode == 0, trained.stderr
    expected, score = (
        json.loads(charlm("eval", "perplexity", "tiny", "text", "--json").stdout),
        library.score("tiny", text),
    )
    assert score.nats_per_character == expected["nats_per_character"]
    assert score.characters == expected["characters"]
    for seed in range(6):  # among them are some whose first record is empty
        written = json.loads(charlm("sample", "tiny", "--seed", seed, "-n", 4, "--json").stdout)
        assert [library.sample("tiny", length=4, seed=seed)] == [one["text"] for one in written["samples"]]


def test_a_text_without_the_form_of_the_model_is_refused(charlm, tmp_path):
    (tmp_path / "text.csv").write_text(FORMS["a column"][0])
    assert charlm("train", "text.csv", "-s", "text.column=name", "--steps", 1, "--device", "cpu").returncode == 0
    with pytest.raises(TextError, match="name"):
        library.score(None, "n,other\n1,ann\n")


def test_a_sample_of_a_model_of_records_is_a_whole_record(charlm, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{one}{'ab' * 150}\n" for one in "cdef" * 9))
    small = ("--steps", 40, "--device", "cpu", "-s", "model.hidden_size=32", "-s", "training.learning_rate=0.03")
    trained = charlm("train", "list.txt", "--records", "--run", "tiny", *small)
    assert trained.returncode == 0, trained.stderr
    written = json.loads(charlm("sample", "tiny", "--seed", 3, "--json").stdout)
    assert library.sample("tiny", seed=3) == written["samples"][0]["text"]
    assert len(library.sample("tiny", seed=3)) > 200


def test_settings_are_keywords(verse):
    given = {"model__cell": "gru", "training__learning_rate": 0.01, "clip_norm": None, "records": True}
    with library.train(verse, steps=6, **TINY, **given) as training:
        settings = training.settings
    assert (settings.model.cell, settings.model.hidden_size) == ("gru", 8)
    assert (settings.training.steps, settings.training.learning_rate, settings.training.clip_norm) == (6, 0.01, None)
    assert settings.text.records
    with library.train(verse, **TINY, cell="gru", model__cell_options__first_form=True) as training:
        assert training.settings.model.cell_options == {"first_form": True}


def test_a_preset_or_a_file_gives_the_other_settings(verse, tmp_path):
    (tmp_path / "mine.yaml").write_text("model: {hidden_size: 12}\ntraining: {steps: 3}\n")
    with library.train(verse, config=tmp_path / "mine.yaml", device="cpu") as training:
        assert (training.settings.model.hidden_size, training.settings.training.steps) == (12, 3)
    with library.train(verse, config="char-rnn", device="cpu", hidden_size=16) as training:
        assert training.settings.training.optimizer == "rmsprop"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"hiden_size": 8}, "hiden_size"),
        ({"model__hiden_size": 8}, "hiden_size"),
        ({"hidden_size": -1}, "hidden_size"),
        ({"cell": "lstmm"}, "lstmm"),
        ({"steps": 3, "epochs": 2}, "one length"),
        ({"config": "no-such-preset"}, "no-such-preset"),
        ({"run": "../elsewhere"}, "elsewhere"),
    ],
)
def test_what_cannot_be_trained_is_a_usage_error_and_leaves_no_run(verse, runs, given, what):
    with pytest.raises(UsageError) as caught:
        library.train(verse, **{"device": "cpu", **given})
    assert what in str(caught.value)
    assert not runs.exists() or not list(runs.iterdir())


def test_errors_are_those_of_charlm(trained, tmp_path):
    with pytest.raises(TextError):
        library.train(tmp_path / "no-such-text.txt", device="cpu")
    with pytest.raises(CheckpointError):
        library.load("no-such-run")
    with pytest.raises(TextError, match="one character that the model knows"):
        library.score("tiny", "日本T")
    with pytest.raises(TextError, match="no characters, and at least two"):
        library.score("tiny", "")
    with pytest.raises(TextError, match="not among"):
        library.score("tiny", "The 日", unknown="error")
    with pytest.raises(UsageError, match="length"):
        library.sample("tiny", length=-1)
    with pytest.raises(UsageError, match="seed"):
        library.sample("tiny", seed=-1)


def test_a_sample_of_length_0_is_empty(trained):
    assert library.sample("tiny", "The owl", length=0) == ""
