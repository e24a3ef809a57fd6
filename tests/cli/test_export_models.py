"""`charlm export torch|onnx|hub` and `charlm import`, through the command line."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.command_line import in_this_process


@pytest.fixture(scope="module")
def folders(tiny_run, tmp_path_factory):
    """The run `tiny`, an lstm, in both forms."""
    folder = tmp_path_factory.mktemp("forms")
    for form in ("torch", "hub"):
        done = in_this_process("export", form, "tiny", env={"CHARLM_RUNS": tiny_run}, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def scored(run, root, text):
    done = in_this_process("eval", "perplexity", run, text, "--json", env={"CHARLM_RUNS": root})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["nats_per_character"]


@pytest.mark.parametrize("form", ["torch", "hub"])
def test_what_was_exported_comes_back_with_the_same_score(folders, form, tiny_run, tmp_path, verse):
    done = in_this_process("import", folders / f"tiny-{form}", "--name", "back", env={"CHARLM_RUNS": tmp_path})
    assert done.returncode == 0, done.stderr
    assert scored("back", tmp_path, verse) == pytest.approx(scored("tiny", tiny_run, verse), abs=1e-6)
    trained = in_this_process(
        "train", verse, "--from", "back", "--steps", 2, "-s", "training.validations=1", env={"CHARLM_RUNS": tmp_path}
    )
    assert trained.returncode == 0, trained.stderr


def test_the_program_beside_the_weights_writes(folders):
    done = subprocess.run(
        [sys.executable, "sample.py"], cwd=folders / "tiny-torch", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) >= 200


def test_a_hub_folder_says_what_the_model_is_and_not_where_its_text_was(folders, tiny_run, tmp_path, verse):
    (tmp_path / "card.md").write_text("| static | 3.1 bits |")
    target = tmp_path / "owl"
    done = in_this_process(
        "export", "hub", "tiny", "-o", target, "--name", "Owl <b>", "--licence", "mit", "--card", "card.md",
        env={"CHARLM_RUNS": tiny_run}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (target / "README.md").read_text()
    assert page.startswith('---\nlicense: "mit"\n')
    assert "# Owl \\<b\\>" in page
    assert "| static | 3.1 bits |" in page
    assert str(verse.parent) not in "".join(
        path.read_text() for path in target.iterdir() if path.suffix in (".md", ".json")
    )
    assert json.loads((target / "config.json").read_text())["model"]["cell"] == "lstm"


def test_symbols_in_another_order_are_sorted_with_their_rows(folders, tmp_path, tiny_run, verse):
    source, target = folders / "tiny-torch", tmp_path / "mixed"
    target.mkdir()
    symbols = json.loads((source / "vocabulary.json").read_text())["symbols"]
    order = np.random.default_rng(0).permutation(len(symbols))
    arrays = load_file(source / "model.safetensors")
    for name in ("embedding.weight", "head.weight", "head.bias"):
        arrays[name] = np.ascontiguousarray(arrays[name][order])
    save_file(arrays, target / "model.safetensors")
    (target / "vocabulary.json").write_text(json.dumps([symbols[place] for place in order]))
    assert in_this_process("import", target, env={"CHARLM_RUNS": tmp_path}).returncode == 0
    assert scored("mixed-1", tmp_path, verse) == pytest.approx(scored("tiny", tiny_run, verse), abs=1e-6)


def spoilt(folder, file, content):
    (folder / file).write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "model.safetensors").unlink(), "cannot be read"),
        (lambda f: (f / "vocabulary.json").unlink(), "cannot be read"),
        (lambda f: spoilt(f, "model.safetensors", pickle.dumps({"weight": 1})), "no safetensors"),
        (lambda f: spoilt(f, "model.safetensors", (f / "model.safetensors").read_bytes()[:-9]), "no safetensors"),
        (lambda f: spoilt(f, "vocabulary.json", b'["a", "b"]'), "output layer"),
        (lambda f: spoilt(f, "config.json", b"{"), "not JSON"),
        (lambda f: spoilt(f, "config.json", b'{"model_type": "charlm"}'), "model"),
        (
            lambda f: spoilt(
                f, "config.json", b'{"model_type": "charlm", "model": {"cell": "x.py:X"}, "text": {}, "step": 1}'
            ),
            "not one of charlm's",
        ),
        (
            lambda f: spoilt(f, "config.json", b'{"model_type": "charlm", "model": {"hidden_size": 9}, "text": {}}'),
            "shape",
        ),
    ],
)
def test_what_is_no_model_is_refused_in_three_lines(folders, tmp_path, spoil, said):
    target = tmp_path / "given"
    target.mkdir()
    for path in (folders / "tiny-torch").iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    spoil(target)
    done = in_this_process("import", target, env={"CHARLM_RUNS": tmp_path / "runs"})
    assert done.returncode != 0
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 3, done.stderr
    assert not list((tmp_path / "runs").glob("*"))


def test_a_folder_that_exists_is_not_written_over(folders, tiny_run):
    for form in ("torch", "hub"):
        done = in_this_process("export", form, "tiny", env={"CHARLM_RUNS": tiny_run}, cwd=folders)
        assert done.returncode == 2
        assert "already something" in done.stderr


def test_onnx_is_compared_before_it_is_written(tiny_run, tmp_path):
    done = in_this_process("export", "onnx", "tiny", "-o", tmp_path / "t.onnx", env={"CHARLM_RUNS": tiny_run})
    assert done.returncode == 0, done.stderr
    assert "inputs: ids, h_1, c_1, h_2, c_2" in done.stderr
    assert (tmp_path / "t.onnx").stat().st_size > 10_000
