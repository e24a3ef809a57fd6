"""The table in charlm/engines/choosing.py holds: which engine runs each cell, with and without the compiled kernels.

The engines are counted as they run; `engines_of` must name the same ones.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import charlm
from charlm.cells.arrays import softmax
from charlm.cells.rnn import RNN
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.engines import (
    cell_kernel,
    cell_kernel_numpy,
    choosing,
    chunks,
    linear_scan,
    memory_window,
    scan,
    torch_kernel,
)
from charlm.engines.choices import engines_of
from charlm.engines.choosing import captures_windows, run_with_numpy, run_with_torch, stepper, torch_engine
from charlm.engines.compiled_stepper import CompiledStepper
from charlm.engines.layered_stepper import LayeredStepper
from charlm.kernels.choosing import OFF, SWITCH
from charlm.kernels.library import library
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import build_layers
from charlm.model.stepping import DefinitionStepper
from charlm.randomness import named_stream
from charlm.training.trainer import Trainer

T, B, V = 3, 2, 5


@dataclass(frozen=True)
class SoftCell(RNN):
    """Its step has an operation between the units of a layer."""

    torch_kernel = None

    def step(self, weights, projected, state, below=None):
        h = softmax(projected + state.h @ weights["weight_hh"].T)
        return h, type(state)(h), {}


CPU, GPU = Compute("cpu", "fp32", "a CPU", 1), Compute("cuda", "fp32", "a GPU", 1)

# By cell, without compiled kernels and on a GPU. In float32 on a CPU with compiled kernels, all run as cell kernels but
# those with a chunked form.
TRAINED_BY = {
    "rnn": "torch kernel",
    "lstm97": "torch kernel",
    "lstm": "torch kernel",
    "peephole": "scan",
    "cifg": "torch kernel",
    "gru": "torch kernel",
    "memory_gated": "scan",
    "depth_gated": "scan",
    "clockwork": "scan",
    "grid": "scan",
    "mut1": "scan",
    "multiplicative": "scan",
    "highway": "scan",
    "mogrifier": "scan",
    "slstm": "scan",
    "qrnn": "linear scan",
    "sru": "scan",  # its gates read its memory
    "rg_lru": "linear scan",
    "min_gru": "linear scan",
    "min_lstm": "linear scan",
    "matrix_lstm": "chunks",
    "gated_delta": "chunks",
    "ntm": "definition",
}
WITHOUT_KERNEL = [cell for cell, engine in TRAINED_BY.items() if engine in ("chunks", "definition")]
BELOW_A_GRID = {"layers": [{"cell": "lstm"}, {"cell": "grid"}]}
FIRST_FORM = {"cell": "gru", "cell_options": {"first_form": True}}

every_cell = pytest.mark.parametrize("cell", CELLS)
every_device = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])


@pytest.fixture(params=["with kernels", "without kernels"])
def compiled(request, monkeypatch):
    """Whether charlm's kernels may run; CHARLM_KERNELS=0 turns them off."""
    if request.param == "with kernels":
        monkeypatch.delenv(SWITCH, raising=False)
    else:
        monkeypatch.setenv(SWITCH, OFF)
    library.cache_clear()
    if request.param == "with kernels" and library() is None:
        library.cache_clear()
        pytest.skip("the kernels are not compiled here")
    yield request.param == "with kernels"
    library.cache_clear()


@pytest.fixture
def ran(monkeypatch):
    """The engines of layers in the order in which they ran."""
    names = []

    def count(module, function, name):
        original = getattr(module, function)

        def counted(*given):
            names.append(name)
            return original(*given)

        monkeypatch.setattr(module, function, counted)

    count(cell_kernel, "run", "cell kernel")
    count(cell_kernel_numpy, "run", "cell kernel")
    count(torch_kernel, "run", "torch kernel")
    count(linear_scan, "run", "linear scan")
    count(scan, "scan", "scan")
    count(chunks, "run", "chunks")
    count(choosing, "unroll", "memory kernel")
    count(memory_window, "run", "memory kernel")
    count(choosing, "unroll_layer", "definition")
    return names


def settings_of(model):
    return ModelSettings.model_validate({"hidden_size": 64, "num_layers": 2, **model})


def model_of(settings, device=None, dtype=np.float32):
    parameters = {
        name: value.astype(dtype) for name, value in initial_parameters(settings, V, named_stream(1, "weights")).items()
    }
    if device:
        parameters = {name: torch.tensor(value, device=device) for name, value in parameters.items()}
    return LanguageModel(settings, parameters)


def train(settings, device, dtype=np.float32):
    model = model_of(settings, device, dtype)
    for weight in model.parameters.values():
        weight.requires_grad_()
    ids = torch.zeros(T, B, dtype=torch.long, device=device)
    logits, _ = model.forward(ids, model.fresh_state(B), run_with_torch)
    torch.autograd.backward(logits.sum())


def test_the_table_has_every_cell():
    assert set(TRAINED_BY) == set(CELLS)


@every_device
@every_cell
def test_the_engine_that_trains_and_scores_with_torch(cell, device, compiled, ran):
    settings = settings_of({"cell": cell})
    has_kernel = compiled and device == "cpu" and cell not in WITHOUT_KERNEL
    expected = "cell kernel" if has_kernel else TRAINED_BY[cell]
    expected = "memory kernel" if cell == "ntm" and compiled and device == "cpu" else expected
    train(settings, device)
    assert ran == [expected] * 2
    named = engines_of(settings, CPU if device == "cpu" else GPU)
    assert named.train == named.score == tuple(ran)


@pytest.mark.parametrize("model", [BELOW_A_GRID, FIRST_FORM], ids=str)
def test_layers_that_no_kernel_of_torch_can_run(model, compiled, ran):
    settings = settings_of(model)
    train(settings, "cpu")
    assert engines_of(settings, CPU).train == tuple(ran) == ("cell kernel" if compiled else "scan",) * 2


def test_a_cell_that_cannot_be_traced_runs_as_its_definition_and_a_note_says_why(ran, monkeypatch):
    """The layers of other cells keep their engines."""
    monkeypatch.setitem(CELLS, "soft", SoftCell)
    settings = settings_of({"layers": [{"cell": "soft"}, {"cell": "peephole"}, {"cell": "soft"}], "num_layers": 3})
    train(settings, "cpu")
    named = engines_of(settings, CPU)
    fast = "scan" if library() is None else "cell kernel"
    assert named.train == tuple(ran) == ("definition", fast, "definition")
    assert named.notes == tuple(
        f"layer {number} (SoftCell) runs as its definition: its step cannot be traced (softmax)" for number in (1, 3)
    )
    assert Trainer(Settings(model=settings), V, B, CPU).notes == named.notes


def test_only_float32_and_bf16_run_in_the_compiled_kernel(compiled, ran):
    settings = settings_of({"cell": "lstm"})
    train(settings, "cpu", np.float64)
    assert ran == ["torch kernel"] * 2
    has_bf16 = compiled and hasattr(library(), "cell_pack_bf16")
    layer, like = build_layers(settings)[0], torch.zeros(1)
    with torch.autocast("cpu", torch.bfloat16):
        assert (torch_engine(layer, like) == "cell kernel") is has_bf16
    in_bf16 = engines_of(settings, Compute("cpu", "bf16", "a CPU", 1))
    assert (in_bf16.train[0] == "cell kernel") is has_bf16
    assert (in_bf16.score[0] == "cell kernel") is compiled  # scores are in float32 whatever the precision


@pytest.mark.parametrize("hidden_size", [64, 65])
@every_cell
def test_the_engine_that_scores_with_numpy(cell, hidden_size, compiled, ran):
    options = {"clockwork": {"groups": 1}, "slstm": {"heads": 1}, "rg_lru": {"blocks": 1}}.get(cell, {})
    settings = settings_of({"cell": cell, "hidden_size": hidden_size, "cell_options": options})
    model = model_of(settings)
    model.forward(np.zeros((T, B), np.int64), model.fresh_state(B), run_with_numpy)
    expected = "cell kernel" if compiled else "definition"
    expected = TRAINED_BY[cell] if cell in WITHOUT_KERNEL else expected
    expected = "memory kernel" if cell == "ntm" and compiled else expected
    assert engines_of(settings, CPU).score_numpy == tuple(ran) == (expected,) * 2


@pytest.mark.parametrize(
    "changes", [{}, {"hidden_size": 72}, {"residual": True}, {"attention": {"window": 4}}], ids=str
)
@every_cell
def test_the_engine_that_steps(cell, changes, compiled):
    settings = settings_of({"cell": cell, **changes})
    fastest = LayeredStepper if "attention" in changes else CompiledStepper
    assert type(stepper(model_of(settings))) is (fastest if compiled else DefinitionStepper)
    named = engines_of(settings, CPU)
    assert named.step == named.step_many == ("stream kernel" if compiled else "definition",) * 2


@every_cell
def test_the_engines_on_a_gpu(cell, compiled):
    """What they run is tested on a GPU; what they are called needs none."""
    named = engines_of(settings_of({"cell": cell}), GPU)
    expected = TRAINED_BY[cell]
    assert named.train == named.score == (expected, expected)
    assert named.captured
    assert named.step_many == ("cuda graph",) * 2
    assert bool(named.notes) is (expected == "definition")


def test_windows_are_captured_on_cuda_alone():
    assert [each for each in ("cpu", "cuda", "mps") if captures_windows(each)] == ["cuda"]


def test_no_other_file_imports_the_engines_that_are_chosen():
    chosen = {
        "cell_kernel", "cell_kernel_numpy", "torch_kernel", "linear_scan", "scan", "compiled_stepper", "graph_stepper",
    }  # fmt: skip
    package = Path(charlm.__file__).parent
    importing = set()
    sources = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    for path, source in sources.items():
        if "charlm.engines" not in source:
            continue
        tree = ast.parse(source)
        for_types = {  # imports for annotations choose nothing
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("charlm.engines"):
                names = {node.module.rpartition(".")[2], *(alias.name for alias in node.names)}
                if names & chosen and node not in for_types:
                    importing.add(str(path.relative_to(package)))
    assert importing == {str(Path("engines", "choosing.py"))}
