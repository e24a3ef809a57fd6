"""Which engine does a job: the one place that decides, and the only one that imports engines, late.

    job              cell                           arrays                                 engine
    train a window   lstm, lstm97, cifg             cpu, float32, or bf16 if it is fast    charlm's LSTM kernel in C
                     the same, gru, rnn             any other                              torch's kernel
                     cells with gradients           any                                    scan
                     others                         any                                    autograd over the definition
    score a window   lstm, a multiple of 64 units   numpy, float32                         charlm's LSTM kernel in C
                     others                         numpy                                  the definition
                     all                            torch                                  as for training
    step             stacks of lstm layers          numpy                                  charlm's stream kernel in C
                     others                         numpy                                  the definition
                     all                            CUDA                                   a CUDA graph of it

On CUDA, whole windows of cells that no kernel of torch's runs are captured as CUDA graphs (`worth_capturing`).
A law holds every engine to the definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from charlm.cells.arrays import Array
from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward
from charlm.cells.unroll import Memories
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer, LayerInput, unroll_layer
from charlm.model.stepping import DefinitionStepper, Stepper

if TYPE_CHECKING:
    import torch

    from charlm.engines.graph_stepper import GraphStepper

Engine = Literal["lstm kernel", "torch kernel", "scan", "definition"]


def torch_engine(layer: Layer, like: torch.Tensor) -> Engine:
    """The engine for a layer over a window of tensors like `like`, in the autocast that is on."""
    kernel = layer.cell.torch_kernel
    if kernel and not layer.read_above:  # kernels do not give the memories of every step
        from charlm.engines import lstm_kernel, torch_kernel

        if kernel == "lstm" and lstm_kernel.dtype_for(like) is not None:
            return "lstm kernel"
        if torch_kernel.can_run(kernel, like):
            return "torch kernel"
    return "scan" if isinstance(layer.cell, CellWithBackward) else "definition"


def run_with_torch(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[Array, Memories, Any]:
    """The Recurrence for torch tensors: to train a window, or to score one."""
    cell = layer.cell
    match torch_engine(layer, state[0]):
        case "lstm kernel":
            from charlm.engines import lstm_kernel

            outputs, after = lstm_kernel.run(cell, weights, x, state)
            return outputs, None, after
        case "torch kernel":
            from charlm.engines import torch_kernel

            outputs, after = torch_kernel.run(cell, weights, x, state)
            return outputs, None, after
        case "scan":
            from charlm.engines.scan import scan

            assert isinstance(cell, CellWithBackward)
            return scan(cell, weights, x, state, below)
        case "definition":
            return unroll_layer(layer, weights, x, state, below)


def run_with_numpy(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[Array, Memories, Any]:
    """The Recurrence for numpy arrays: to score a window."""
    from charlm.engines import lstm_kernel_numpy

    if lstm_kernel_numpy.can_run(layer.cell, state):
        return lstm_kernel_numpy.run(layer.cell, weights, x, state)
    return unroll_layer(layer, weights, x, state, below)


def stepper(model: LanguageModel) -> Stepper:
    """The quickest stepper on a CPU. The parameters are numpy arrays."""
    from charlm.engines import compiled_stepper

    if compiled_stepper.can_run(model):
        return compiled_stepper.CompiledStepper(model)
    return DefinitionStepper(model)


def gpu_stepper(model: LanguageModel, device: torch.device) -> GraphStepper:
    """The stepper on a CUDA device; it may carry notes for the user."""
    from charlm.engines.graph_stepper import GraphStepper

    return GraphStepper(model, device)


def worth_capturing(layers: Sequence[Layer], device_type: str) -> bool:
    """Whether capturing a window as a CUDA graph saves time: on CUDA, if some layer launches its steps one by one."""
    return device_type == "cuda" and any(not layer.cell.torch_kernel or layer.read_above for layer in layers)


def pack_weights(model: LanguageModel) -> None:
    """Lay the weights out in memory as torch's kernels want them, in place."""
    from charlm.engines import torch_kernel

    for layer, weights in zip(model.layers, model.layer_weights, strict=True):
        torch_kernel.pack(layer.cell, weights)
