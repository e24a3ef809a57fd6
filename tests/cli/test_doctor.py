"""`charlm doctor` through the real command line, on good and on bad texts."""

from __future__ import annotations

import json
import random
import shlex

import pytest
from command_line import parsers

from charlm.cli import app

WORDS = ("owl", "mouse", "rice", "moon", "noon", "went", "came", "sold", "home", "night", "barn", "wind", "rain")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """40,000 characters without repeated passages."""
    rng = random.Random(1)
    lines = [" ".join(rng.choices(WORDS, k=9)) + "." for _ in range(900)]
    path = tmp_path_factory.mktemp("good") / "good.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def by_name(result):
    value = json.loads(result.stdout)
    return value, {finding["name"]: finding for finding in value["findings"]}


def test_without_a_text_only_the_machine_is_checked(charlm):
    result = charlm("doctor", "--device", "cpu", "--json")
    assert result.returncode == 0, result.stderr
    value, found = by_name(result)
    assert value["exit_code"] == 0
    assert found["device"]["level"] == "ok"
    assert found["device"]["facts"]["last_nats"] < found["device"]["facts"]["first_nats"]
    assert set(found["engines"]["facts"]) == {"train", "captured", "score", "score_numpy", "step", "step_many", "notes"}
    assert "text" not in found


def test_a_good_text_has_no_warnings(charlm, good):
    result = charlm("doctor", good, "--device", "cpu", "--json", "-s", "training.threads=1")
    assert result.returncode == 0, result.stderr
    _, found = by_name(result)
    assert found["text"]["level"] == found["symbols"]["level"] == found["split"]["level"] == "ok"
    facts = found["training"]["facts"]
    assert facts["command"] == f"charlm train {good} -s training.threads=1 --device cpu --budget 10m"
    assert facts["parameters"] > 10**4
    assert "model.hidden_size" in facts["chosen"]


def test_a_model_that_is_given_is_measured_and_compared_with_the_text(charlm, good):
    options = ("-s", "model.hidden_size=16", "-s", "training.threads=1")
    _, found = by_name(charlm("doctor", good, "--device", "cpu", "--json", *options))
    assert found["training"]["facts"]["seconds"] > 0
    assert found["training"]["facts"]["memory_bytes"] > 10**7
    facts = found["size"]["facts"]
    assert facts["command"] == shlex.join(["charlm", "train", str(good), *options, "--device", "cpu"])
    assert facts["parameters_per_character"] == pytest.approx(
        facts["parameters"] / len(good.read_text()) / 0.9, rel=1e-3
    )


def test_symbols_outside_the_training_split_are_a_warning(charlm, good, tmp_path):
    text = good.read_text()
    (tmp_path / "unfair.txt").write_text(text + text[:2000] + "zebra ÿ\nzebra\n", encoding="utf-8")
    _, found = by_name(charlm("doctor", "unfair.txt", "--device", "cpu", "--json"))
    assert found["symbols"]["level"] == "warn"
    strange = {one["symbol"]: one["test"] for one in found["symbols"]["facts"]["only_outside_training"]}
    assert (strange["z"], strange["ÿ"]) == (2, 1)


def test_validation_passages_that_occur_in_training_are_reported(charlm, verse):
    result = charlm("doctor", verse, "--device", "cpu")
    assert result.returncode == 0, result.stderr
    assert "100.0% of validation's passages of 50 characters also occur in training" in result.stdout
    assert "under 20,000" in result.stdout
    assert "Nothing stands in the way" in result.stderr


def test_another_encoding_is_recognised(charlm, tmp_path):
    (tmp_path / "bad.txt").write_bytes("déjà vu, naïve\n".encode("latin-1") * 3)
    result = charlm("doctor", "bad.txt", "--device", "cpu")
    assert result.returncode == 3
    assert "9 places are not valid utf-8: byte 1: e9; byte 3: e0; byte 11: ef;" in result.stdout
    assert "As cp1252 the file reads 'déjà vu, naïve" in result.stdout
    assert "give `--encoding cp1252`" in result.stdout
    assert charlm("doctor", "bad.txt", "--device", "cpu", "--encoding", "cp1252").returncode == 0


def test_damaged_and_binary_texts_are_recognised(charlm, tmp_path):
    (tmp_path / "damaged.txt").write_bytes("été ".encode() * 20 + b"\xff" + "été ".encode() * 20)
    (tmp_path / "nuls.txt").write_bytes(b"a\0b\0\0c" + b"plain " * 20)
    damaged, binary = (charlm("doctor", f"{name}.txt", "--device", "cpu") for name in ("damaged", "nuls"))
    assert (damaged.returncode, binary.returncode) == (3, 3)
    assert "Repair these places" in damaged.stdout
    assert "text.unit=byte" in binary.stdout


def test_a_missing_text_and_a_missing_device_are_errors(charlm):
    result = charlm("doctor", "nowhere.txt", "--device", "cpu")
    assert result.returncode == 3
    assert "nowhere.txt: There is no such file" in result.stdout
    result = charlm("doctor", "--device", "cuda:77", "--json")
    assert result.returncode == 2
    assert by_name(result)[0]["worst"] == "bad"


def test_a_text_from_standard_input(charlm):
    result = charlm("doctor", "-", "--device", "cpu", stdin="one line of text, and another\n" * 30)
    assert result.returncode == 0, result.stderr
    assert "900 characters" in result.stdout


def test_the_options_of_a_text_are_those_of_train_and_the_suggested_line_repeats_them(charlm, good, tmp_path):
    lines = good.read_text().splitlines(keepends=True)
    (tmp_path / "my valid.txt").write_text("".join(lines[:40]))
    (tmp_path / "test.txt").write_text("".join(lines[40:80]))
    options = ["--records", "--valid", "my valid.txt", "--test", "test.txt", "--encoding", "utf-8"]
    _, found = by_name(charlm("doctor", good, *options, "--device", "cpu", "--json"))
    splits = found["text"]["facts"]["splits"]
    assert splits == {"train": len(good.read_text()) + 1, **{name: splits[name] for name in ("valid", "test")}}
    assert found["split"]["facts"]["records"] == found["split"]["facts"]["repeated"] == 40
    line = found["training"]["facts"]["command"]
    assert all(shlex.quote(option) in line for option in options)
    assert charlm(*shlex.split(line)[1:], "--dry-run").returncode == 0


def test_a_validation_text_in_another_encoding_is_recognised(charlm, good, tmp_path):
    (tmp_path / "valid.txt").write_bytes("déjà vu, naïve\n".encode("latin-1") * 3)
    result = charlm("doctor", good, "--valid", "valid.txt", "--device", "cpu")
    assert result.returncode == 3
    assert "valid.txt: 9 places are not valid utf-8" in result.stdout


def test_train_and_doctor_describe_the_options_of_a_text_alike():
    """Each is described once."""
    known = {
        command.name: {option.name: option for option in command.params} for command in parsers(app).commands.values()
    }
    shared = ["encoding", "records", "valid", "test", "config", "settings", "device"]
    for option in shared:
        assert known["doctor"][option].help == known["train"][option].help
        assert known["doctor"][option].opts == known["train"][option].opts


@pytest.mark.parametrize("length", ["training.steps=5", "training.epochs=0.1", "training.budget=9s"])
def test_a_length_alone_leads_to_a_line_that_trains(charlm, good, length):
    result = charlm("doctor", good, "--device", "cpu", "--json", "-s", length, "-s", "training.threads=1")
    assert result.returncode == 0, result.stderr
    _, found = by_name(result)
    line = found["training" if "budget" in length else "size"]["facts"]["command"]
    assert line.count("budget") == ("budget" in length)
    assert charlm(*shlex.split(line)[1:], "--dry-run").returncode == 0


@pytest.mark.parametrize("length", [(), ("-s", "training.budget=9s", "-s", "training.learning_rate=auto")])
def test_a_text_that_the_kind_of_model_cannot_learn_is_an_error(charlm, good, length):
    done = charlm("doctor", good, "-s", "model.pairs.kind=joined", "-s", "model.hidden_size=8", *length)
    assert done.returncode == 3
    assert "The text has no tab, so it has no pairs" in done.stdout
    measured = charlm("doctor", good, "-s", "model.latent.kind=line", "-s", "model.hidden_size=8", *length)
    assert measured.returncode == 0, measured.stdout
    assert "characters a second" in measured.stdout or "characters per second" in measured.stdout
