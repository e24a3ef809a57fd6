"""Which engine does a job. This is the one place that decides. Knows no training and no command.

    job                layers                                arrays                               engine
    train, or score    all with a compiled kernel            cpu, float32, or autocast to bf16    cell kernel
      with torch       ntm                                   cpu, float32                         memory kernel
                       lstm, lstm97, cifg, gru, rnn          all others                           torch kernel
                       all whose step is linear in its state all others                           linear scan
                       all others with a chunked form        all                                  chunks
                       all others that can be traced         all                                  scan
                       all others                            all                                  definition
    score with numpy   all with a compiled kernel            float32                              cell kernel
                       ntm                                   float32                              memory kernel
                       all others with a chunked form        all                                  chunks
                       all others                            all                                  definition
    step on a cpu      all with a compiled kernel            float32                              stream kernel
                       matrix_lstm, gated_delta, ntm         float32                              stream kernel
                       all others                            all                                  definition
    step on CUDA       all                                   float32                              cuda graph

Cell kernels, stream kernels, linear scans and a scan's backward pass are derived from a trace of the cell's step
(charlm/graphs). The kernels are C: they need the compiled library, and bf16 needs a processor with instructions for it.
A step of the table that the library lacks, such as one with 7 rounds, is compiled when it is first asked for, if there
is a compiler (own_library.py). A cell that does what a graph cannot say is differentiated by autograd: chunk by chunk
if it declares a chunked form (`Cell.chunk`), else step by step, and then `Engines.notes` names what it is.
The ntm is a cell of that kind, and its memory has a kernel of its own. To step, matrix_lstm, gated_delta and ntm have
stages of the stream kernel that are written by hand (stream_by_hand.py).

A stack whose layers all have a stream kernel, without attention, is stepped and drawn from by the kernel as a whole
(compiled_stepper.py), with blocks too, if each of them hands up as many numbers as it reads. In others, each layer is
stepped by its own engine; blocks, attention and the output layer as they are defined (layered_stepper.py). Through a
window, a layer's engine runs its cell, and the block around it are operations on whole arrays.

torch's kernels do not give the memory of every step. So a layer whose memory the layer above reads counts among the
others. The gru with `first_form`, and cells with rounds, have no torch kernel. If torch has no kernel in bf16 for the
processor, the layer counts among the others too.

On CUDA, whole training windows are captured as a CUDA graph (`captures_windows`). A law compares every engine with the
definition.

Engines are imported late, because numpy jobs must not import torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.cell import TorchKernel, Weights
from charlm.cells.ntm import NTM
from charlm.cells.unroll import Memories, project_inputs, run_steps, unroll
from charlm.graphs.tracing import trace_problem
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer, LayerInput, unroll_layer
from charlm.model.stepping import DefinitionStepper, LayerStep, Stepper, defined_layer

if TYPE_CHECKING:
    import torch

    from charlm.engines.graph_stepper import GraphStepper
    from charlm.engines.scan_functions import Compiler

Engine = Literal[
    "cell kernel",
    "torch kernel",
    "linear scan",
    "chunks",
    "scan",
    "definition",
    "memory kernel",
    "stream kernel",
    "cuda graph",
]


def torch_kernel_of(layer: Layer) -> TorchKernel | None:
    """The kernel of torch that can run the layer over a whole window; None if there is none."""
    return None if layer.read_above else layer.cell.torch_kernel  # kernels do not give the memories of every step


def has_chunks(layer: Layer) -> bool:
    """Whether the cell's chunked form can run the layer over a window; it gives no memories, and reads none."""
    return bool(layer.cell.CHUNK) and not (layer.reads_below or layer.read_above)


def torch_engine(layer: Layer, like: torch.Tensor) -> Engine:
    """The engine for a layer over a window of tensors like `like`, in the autocast that is on."""
    from charlm.engines import memory_kernel
    from charlm.engines.derived_kernel import kernel_for

    compiled = kernel_for(layer.cell, layer.reads_below, like)
    if compiled and compiled.takes(layer.hidden_size):
        return "cell kernel"
    kernel = torch_kernel_of(layer)
    if kernel:
        from charlm.engines import torch_kernel

        if torch_kernel.can_run(kernel, like):
            return "torch kernel"
    if memory_kernel.can_run(layer.cell, like):
        return "memory kernel"
    from charlm.engines import linear_scan

    if linear_scan.can_run(layer.cell, layer.reads_below):
        return "linear scan"
    if has_chunks(layer):
        return "chunks"
    return "definition" if trace_problem(layer.cell, layer.reads_below) else "scan"


def width_in_small_operations(layers: Sequence[Layer], like: torch.Tensor) -> int:
    """Units of the widest layer whose window is many operations of torch, some for each step; 0 if there is none.

    It is 0 on a GPU, too: this is about the threads of a CPU.
    """
    if like.device.type != "cpu":
        return 0
    small = ("memory kernel", "chunks", "scan", "definition")
    return max((layer.hidden_size for layer in layers if torch_engine(layer, like) in small), default=0)


def run_with_torch(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories, compiler: Compiler | None = None
) -> tuple[Array, Memories, Any]:
    """The Recurrence for torch tensors: to train a window, or to score one. `compiler` compiles what scans call."""
    cell = layer.cell
    match torch_engine(layer, state[0]):
        case "cell kernel":
            from charlm.engines import cell_kernel, derived_kernel

            kernel = derived_kernel.kernel_for(cell, layer.reads_below, state[0])
            assert kernel is not None
            return cell_kernel.run(kernel, cell, weights, x, state, below)
        case "torch kernel":
            from charlm.engines import torch_kernel

            outputs, after = torch_kernel.run(cell, weights, x, state)
            return outputs, None, after
        case "linear scan":
            from charlm.engines import linear_scan

            return linear_scan.run(cell, weights, x, state, below, compiler)
        case "chunks":
            import torch

            from charlm.engines import chunks

            device_type = state[0].device.type
            rounded = torch.is_autocast_enabled(device_type)
            exactly = torch.autocast(device_type, enabled=False) if rounded else nullcontext()
            outputs, after = chunks.run(cell, weights, x, state, exactly)
            return outputs, None, after
        case "scan":
            from charlm.engines.scan import scan

            return scan(cell, weights, x, state, below, compiler)
        case "memory kernel":
            from charlm.engines import memory_window

            assert isinstance(cell, NTM)
            outputs, after = memory_window.run(cell, weights, x, state)
            return outputs, None, after
        case _:
            return unroll_layer(layer, weights, x, state, below)


def definition_notes(layers: Sequence[Layer], device_type: str) -> tuple[str, ...]:
    """A note on each layer that can only run as its definition, with the operation that cannot be traced."""
    from charlm.engines.memory_kernel import has_kernel

    return tuple(
        f"layer {number} ({type(layer.cell).__name__}) runs as its definition: its step cannot be traced ({problem})"
        for number, layer in enumerate(layers, 1)
        if not (torch_kernel_of(layer) or has_chunks(layer) or (device_type == "cpu" and has_kernel(layer.cell)))
        and (problem := trace_problem(layer.cell, layer.reads_below))
    )


def numpy_engine(layer: Layer, state: Any) -> Engine:
    """The engine for a layer over a window of numpy arrays; `state` is the layer's state before it."""
    from charlm.engines import cell_kernel_numpy, memory_kernel

    if cell_kernel_numpy.can_run(layer.cell, layer.reads_below, state):
        return "cell kernel"
    if memory_kernel.can_run(layer.cell, state[0]):
        return "memory kernel"
    return "chunks" if has_chunks(layer) else "definition"


def run_with_numpy(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[Array, Memories, Any]:
    """The Recurrence for numpy arrays: to score a window."""
    match numpy_engine(layer, state):
        case "memory kernel":
            from charlm.engines.memory_kernel import with_kernel

            return unroll(with_kernel(layer.cell), weights, x, state, below)
        case "cell kernel":
            from charlm.engines import cell_kernel_numpy

            return cell_kernel_numpy.run(layer.cell, weights, x, state, below)
        case "chunks":
            from charlm.engines import chunks

            outputs, after = chunks.run(layer.cell, weights, x, state)
            return outputs, None, after
        case _:
            return unroll_layer(layer, weights, x, state, below)


def run_with_states(
    layer: Layer, weights: Weights, x: LayerInput, state: Any, below: Memories
) -> tuple[np.ndarray, Any]:
    """For numpy arrays: outputs (T, B, H), and the states after each step, as a state with parts (T, B, H)."""
    if numpy_engine(layer, state) == "cell kernel":
        from charlm.engines import cell_kernel_numpy

        return cell_kernel_numpy.run_with_states(layer.cell, weights, x, state, below)
    cell = layer.cell
    if numpy_engine(layer, state) == "memory kernel":
        from charlm.engines.memory_kernel import with_kernel

        cell = with_kernel(cell)
    weights = cell.step_weights(weights)
    steps = list(run_steps(cell, weights, project_inputs(cell, weights, x), state, below))
    outputs = np.stack([output for output, _, _ in steps])
    return outputs, type(state)(*(np.stack(part) for part in zip(*(after for _, after, _ in steps), strict=True)))


def step_engine(layer: Layer) -> Engine:
    """The engine for a layer in `stepper`."""
    from charlm.engines import stream_layer

    return "stream kernel" if stream_layer.can_run_layer(layer) else "definition"


def stepper(model: LanguageModel) -> Stepper:
    """The fastest stepper on a CPU. The parameters are numpy arrays."""
    if all(step_engine(layer) == "definition" for layer in model.layers):
        return DefinitionStepper(model)
    from charlm.engines import compiled_stepper, layered_stepper

    if compiled_stepper.can_run(model):
        return compiled_stepper.CompiledStepper(model)
    return layered_stepper.LayeredStepper(model)


def layer_step(model: LanguageModel, number: int) -> LayerStep:
    """The fastest step of one layer on a CPU, the lowest 0: for who has to come between the layers of a stack."""
    if step_engine(model.layers[number]) == "definition":
        return defined_layer(model, number)
    from charlm.engines import layered_stepper

    return layered_stepper.layer_step(model, number)


def gpu_stepper(model: LanguageModel, device: torch.device) -> GraphStepper:
    """The stepper on a CUDA device, for many streams at once. It may have notes for the user."""
    from charlm.engines.graph_stepper import GraphStepper

    return GraphStepper(model, device)


def captures_windows(device_type: str) -> bool:
    """Whether training windows are captured as CUDA graphs: to launch their kernels takes longer than to run them."""
    return device_type == "cuda"


def pack_weights(model: LanguageModel) -> None:
    """Lay the weights out in memory, in place, as torch's kernels expect them."""
    from charlm.engines import torch_kernel

    for layer, weights in zip(model.layers, model.layer_weights, strict=True):
        torch_kernel.pack(layer.cell, weights)
