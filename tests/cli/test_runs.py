"""`charlm runs` through the real command line, over two small trained runs."""

import json
from pathlib import Path

import pytest
from command_line import in_this_process

TEXT = "the cat sat on the mat, and the dog sat on the log. " * 40
SMALL = [
    "-s",
    "model.hidden_size=8",
    "-s",
    "training.batch_size=2",
    "-s",
    "training.seq_len=16",
    "-s",
    "text.splits=[0.8, 0.2, 0]",
]
SMALL += ["-s", "training.validations=2", "-s", "training.precision=fp32", "-s", "training.sample_length=0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two runs: `first` with an LSTM, and the later `other` with a GRU."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "cat.txt").write_text(TEXT)
    charlm(folder, "train", "cat.txt", *SMALL, "--steps", "4", "--run", "first")
    charlm(folder, "train", "cat.txt", *SMALL, "--steps", "6", "--run", "other", "-s", "model.cell=gru")
    return folder


def charlm(folder, *arguments, code=0):
    result = in_this_process(*arguments, cwd=folder, env={"CHARLM_RUNS": ""})
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result


LABEL = 13  # as wide as `checkpoints` and a gap


def rows(result):
    """The label of each line -> the text beside it and below it."""
    found, label = {}, ""
    for line in result.stdout.splitlines():
        label = line[:LABEL].strip() or label
        found.setdefault(label, []).append(line[LABEL:])
    return {label: "\n".join(values) for label, values in found.items()}


def test_list_has_a_line_for_each_run_and_marks_the_latest(folder):
    heading, first, other = charlm(folder, "runs", "list").stdout.splitlines()
    assert heading.split() == ["run", "model", "steps", "valid", "bits", "time", "text"]
    assert first.split()[:5] == ["first", "lstm", "2", "x", "8"]
    assert other.split()[:6] == ["*", "other", "gru", "2", "x", "8"]
    assert other.split()[6] == "6"
    assert 0 < float(other.split()[7]) < 6


def test_list_as_json(folder):
    listed = json.loads(charlm(folder, "runs", "list", "--json").stdout)
    assert listed["latest"] == "other"
    assert [run["name"] for run in listed["runs"]] == ["first", "other"]
    assert listed["runs"][0]["step"] == 4
    assert listed["runs"][1]["cell"] == "gru"
    assert listed["runs"][1]["valid_bits"] == pytest.approx(listed["runs"][1]["valid_nats"] / 0.6931471805599453)


def test_show_has_scores_settings_and_commands(folder):
    shown = rows(charlm(folder, "runs", "show", "first"))
    assert shown["run"] == "first"
    assert Path(folder, shown["folder"]).is_dir()
    assert shown["model"] == "lstm 2 x 8"
    assert shown["trained"].startswith("4 steps, 128 characters, ")
    assert "nats), at step" in shown["valid"]
    assert "last" in shown["checkpoints"]
    assert "model.hidden_size=8" in shown["settings"].splitlines()
    assert "training.steps=4" in shown["settings"].splitlines()
    assert "model.tied" not in shown["settings"], "defaults are not shown"
    assert shown["next"].splitlines()[0] == "charlm sample first"


def test_show_takes_the_latest_a_name_or_a_folder(folder):
    for target in ([], ["other"], ["checkpoints/other"], ["latest"]):
        assert rows(charlm(folder, "runs", "show", *target))["run"] == "other"


def test_show_as_json_has_settings_and_scores(folder):
    shown = json.loads(charlm(folder, "runs", "show", "other", "--json").stdout)
    assert shown["settings"]["model.cell"] == "gru"
    assert shown["step"] == 6
    assert shown["last"] in shown["checkpoints"]
    assert shown["valid_nats"] > 0


def test_compare_shows_scores_and_only_the_settings_that_differ(folder):
    compared = charlm(folder, "runs", "compare", "first", "other").stdout
    lines = [line.split() for line in compared.splitlines()]
    assert lines[0] == ["first", "other"]
    assert lines[1][:2] == ["valid", "bits"]
    assert all(0 < float(bits) < 6 for bits in lines[1][2:])
    assert ["model.cell", "lstm", "gru"] in lines
    assert ["training.steps", "4", "6"] in lines
    assert "model.hidden_size" not in compared


def test_compare_as_json(folder):
    compared = json.loads(charlm(folder, "runs", "compare", "first", "other", "--json").stdout)
    assert compared["settings"]["model.cell"] == ["lstm", "gru"]
    assert compared["settings"]["training.steps"] == [4, 6]
    assert "model.hidden_size" not in compared["settings"]
    assert [run["name"] for run in compared["runs"]] == ["first", "other"]


@pytest.mark.parametrize("arguments", [["runs", "show", "frist"], ["runs", "compare", "first", "othr"]])
def test_a_mistyped_run_gets_a_suggestion(folder, arguments):
    refused = charlm(folder, *arguments, code=4)
    assert "Did you mean" in refused.stderr
    assert len(refused.stderr.splitlines()) == 3


def test_one_run_cannot_be_compared(folder):
    assert "two runs" in charlm(folder, "runs", "compare", "first", code=2).stderr


def test_without_runs_stdout_is_empty(tmp_path):
    listed = charlm(tmp_path, "runs", "list")
    assert listed.stdout == ""
    assert "charlm train mybook.txt" in listed.stderr
    assert json.loads(charlm(tmp_path, "runs", "list", "--json").stdout)["runs"] == []
    charlm(tmp_path, "runs", "show", code=4)


def test_a_run_without_its_config_file_is_an_error(folder, tmp_path):
    import shutil

    copy = shutil.copytree(folder / "checkpoints" / "first", tmp_path / "copy")
    (copy / "config.yaml").unlink()
    refused = charlm(folder, "runs", "show", str(copy), code=4)
    assert "cannot be read" in refused.stderr
