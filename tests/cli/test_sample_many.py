"""`charlm sample --count`: many texts at once, by a GPU's engine and by the compiled one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sampled import in_json, make, run

from charlm.checkpoint import load_checkpoint
from charlm.config.settings import ModelSettings
from charlm.device import Compute
from charlm.engines.choosing import stepper
from charlm.engines.compiled_stepper import can_run
from charlm.engines.cuda_graph import CaptureFailed
from charlm.engines.graph_stepper import GraphStepper
from charlm.model.language_model import LanguageModel
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.writing import write_text


def test_a_missing_gpu_is_an_error_of_three_lines(plain, monkeypatch):
    monkeypatch.setattr("charlm.device._is_available", lambda device: device == "cpu")
    done = run(plain, "-n", 5, "--count", 2, "--device", "cuda", code=2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert "finds no device cuda on this machine" in done.stderr


class Rerun:
    """In place of a CUDA graph: the work, done again. Capturing fails if a reason is given."""

    def __init__(self, refusal=None):
        self.refusal = refusal

    def warm_up(self, work):
        work()

    def capture(self, work, generator=None):
        if self.refusal:
            raise CaptureFailed(self.refusal)
        return work


@pytest.mark.parametrize("refusal", [None, "not permitted"])
def test_many_samples_on_a_gpu_use_its_stepper_and_print_its_notes(plain, monkeypatch, refusal):
    made = []

    def on_processor(model, device):
        made.append(device)
        return GraphStepper(model, torch.device("cpu"), capturer=Rerun(refusal))

    monkeypatch.setattr("charlm.engines.graph_stepper.GraphStepper", on_processor)
    monkeypatch.setattr(
        "charlm.device.choose_compute", lambda device, precision: Compute(device, precision, "a card", 1)
    )
    done = run(plain, "-n", 40, "--seed", 1, "--count", 3, "--device", "cuda:0")
    assert made == [torch.device("cuda:0")]
    notes = [f"no CUDA graph, which takes much longer: {refusal}"] if refusal else []
    assert done.stderr.splitlines() == ["plain, step 20, seed 1", *notes]
    # no two scores are near enough here for the engines' rounding to matter
    checkpoint = load_checkpoint(Path(plain))
    exact = DefinitionStepper(checkpoint.model)
    texts = [write_text(exact, checkpoint.vocabulary, length=40, seed=1, sample=number) for number in range(3)]
    assert done.stdout == "\n".join(text + "\n" for text in texts)


@pytest.mark.gpu
def test_a_sample_on_a_card_does_not_depend_on_how_many_there_are(plain):
    many = in_json(plain, "-n", 200, "--seed", 1, "--count", 70, "--device", "cuda")["samples"]
    few = in_json(plain, "-n", 200, "--seed", 1, "--count", 2, "--device", "cuda")["samples"]
    assert many[:2] == few
    assert len({one["text"] for one in many}) == 70


def test_many_by_the_compiled_engine_are_what_each_is_alone(tmp_path):
    settings = ModelSettings(hidden_size=32, num_layers=2)
    if not can_run(LanguageModel(settings, {})):
        pytest.skip("there is no compiled kernel on this machine")
    folder = make(tmp_path, "compiled", hidden_size=32)
    many = in_json(folder, "-n", 60, "--seed", 1, "--count", 70)["samples"]
    checkpoint = load_checkpoint(folder)
    for number in (0, 5, 63, 64, 69):
        text = write_text(stepper(checkpoint.model), checkpoint.vocabulary, length=60, seed=1, sample=number)
        assert many[number]["text"] == text
