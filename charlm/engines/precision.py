"""Which device and precision a training runs on, where its settings leave that open. Knows no weights."""

from __future__ import annotations

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute, choose
from charlm.model.stack import Layer, build_layers

UNIT = 128  # cuDNN's persistent kernels take inputs and layers in multiples of it ...
WIDEST = 1024  # ... layers up to this ...
MOST_ROWS = 128  # ... and lanes up to this, in multiples of 8


def persistent(model: ModelSettings, batch_size: int) -> bool:
    """Whether torch would have cuDNN's persistent kernels run every layer: its own rule, in ATen's cudnn/RNN.cpp.

    A layer is one call. Where one of them has no such kernel, fp16 gains little over bf16, which needs no loss scale.
    """
    return (
        batch_size % 8 == 0
        and batch_size <= MOST_ROWS
        and all(_persists(each, batch_size) for each in build_layers(model))
    )


def _persists(layer: Layer, rows: int) -> bool:
    kernel = layer.cell.torch_kernel
    if kernel is None or layer.read_above or layer.input_size % UNIT or layer.hidden_size % UNIT:
        return False
    if kernel == "lstm":
        return layer.hidden_size <= WIDEST
    # torch found the gru's kernel unsteady, and the rnn's slow for many rows of a wide layer
    return kernel == "rnn_tanh" and layer.hidden_size <= WIDEST and (rows < 96 or layer.hidden_size < 896)


def compute_for(settings: Settings) -> Compute:
    """Raises UsageError where the device is absent or cannot do the precision."""
    training = settings.training
    return choose(
        training.device,
        training.precision,
        training.threads,
        training.precision == "auto" and persistent(settings.model, training.batch_size),
    )
