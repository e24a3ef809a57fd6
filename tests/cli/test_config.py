"""`charlm config` through the real command line."""

import json
import subprocess
import sys

import pytest
from command_line import in_this_process as charlm

from charlm.config.resolving import resolve
from charlm.config.stored import from_yaml


def test_show_prints_every_setting_with_its_origin():
    shown = charlm("config", "show", "-c", "char-rnn", "-s", "model.hidden_size=64")
    assert shown.returncode == 0
    assert shown.stderr == ""
    lines = [line.split("#") for line in shown.stdout.splitlines()]
    sources = {setting.strip(): source.strip() for setting, source in (line for line in lines if len(line) == 2)}
    assert sources["hidden_size: 64"] == "command line"
    assert sources["learning_rate: 0.002"] == "preset char-rnn"
    assert sources["cell_options: {forget_bias: 1.0}"] == "preset char-rnn"
    assert sources["tied: false"] == "default"
    assert all(sources.values())


def test_the_output_of_show_is_a_config_file(tmp_path):
    shown = charlm("config", "show", "-s", "text.sources=['a # b.txt']").stdout
    assert from_yaml(shown) == resolve(None, ["text.sources=['a # b.txt']"]).settings
    (tmp_path / "mine.yaml").write_text(shown)
    checked = charlm("config", "check", "mine.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_show_as_json_is_one_object_and_nothing_else():
    shown = charlm("config", "show", "--json")
    both = json.loads(shown.stdout)
    assert both["settings"]["model"]["hidden_size"] == resolve().settings.model.hidden_size
    assert both["sources"] == dict(resolve().origins)
    assert shown.stderr == ""


def test_check_describes_a_file_in_one_line(tmp_path):
    (tmp_path / "mine.yaml").write_text("preset: quick\nmodel: {hidden_size: 8}\ntraining: {budget: 90s}\n")
    checked = charlm("config", "check", "mine.yaml", cwd=tmp_path)
    assert checked.returncode == 0
    assert checked.stdout == "mine.yaml is fine: lstm 2 x 8, adamw 0.01, lanes 16 x 64, 90 seconds\n"


def test_check_lists_everything_that_is_wrong_and_exits_with_2(tmp_path):
    (tmp_path / "mine.yaml").write_text("model:\n  hiden_size: 8\n  cell: grue\ntraining: {steps: 1e3}\n")
    checked = charlm("config", "check", "mine.yaml", cwd=tmp_path)
    assert checked.returncode == 2
    assert checked.stdout == ""
    lines = checked.stderr.splitlines()
    assert lines[0] == "charlm: 3 settings cannot be used"
    assert "  There is no setting model.hiden_size (mine.yaml line 2). Did you mean model.hidden_size?" in lines
    assert "  training.steps must be a whole number, not 1000.0 (mine.yaml line 4)" in lines
    assert any(line.startswith("  There is no cell 'grue' (mine.yaml line 3). Did you mean gru?") for line in lines)


@pytest.mark.parametrize("command", [("show", "-c"), ("check",)])
def test_a_file_that_is_not_yaml_is_an_error_of_three_lines(tmp_path, command):
    (tmp_path / "mine.yaml").write_bytes(b"model:\n  cell: [lstm\n")
    refused = charlm("config", *command, "mine.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 3
    assert "mine.yaml, line 3, column 1" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_option_of_another_cell_is_refused():
    refused = charlm("config", "show", "-s", "model.cell=gru", "-s", "model.cell_options.forget_bias=1")
    assert refused.returncode == 2
    assert "forget_bias: gru has no such option" in refused.stderr
    assert "command line" in refused.stderr


def test_schema_is_json():
    shown = charlm("config", "schema")
    assert shown.returncode == 0
    assert "ModelSettings" in json.loads(shown.stdout)["$defs"]


def test_a_closed_pipe_is_no_error():
    command = f'"{sys.executable}" -m charlm config show | head -n 1'
    left = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert left.stdout == "text:\n"
    assert left.stderr == ""


def test_list_describes_every_setting_in_groups(charlm):
    shown = charlm("config", "list").stdout
    assert [group.split()[0] for group in shown.split("\n\n")] == ["text", "model", "training"]
    assert "training.learning_rate" in shown
    described = json.loads(charlm("config", "list", "--json").stdout)
    assert described["training.optimizer"]["values"] == "adamw, rmsprop or shampoo"


def test_list_filters_by_a_word_and_says_if_nothing_has_it(charlm):
    shown = charlm("config", "list", "warmup").stdout
    assert "training.warmup" in shown
    assert "text." not in shown
    assert charlm("config", "list", "no-such-word").returncode == 2
