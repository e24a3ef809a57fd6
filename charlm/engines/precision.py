"""The device and precision of a training, if its settings leave them open. Knows no weights."""

from __future__ import annotations

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute, choose_compute
from charlm.engines.choosing import torch_kernel_of
from charlm.kernels import library
from charlm.model.stack import Layer, build_layers

# What cuDNN's persistent kernels take:
UNIT = 128  # widths of inputs and layers that are multiples of this
WIDEST = 1024  # layers of at most this width
MOST_ROWS = 128  # at most this many rows, in multiples of 8


def runs_persistent(model_settings: ModelSettings, batch_size: int) -> bool:
    """Whether torch would run every layer in cuDNN's persistent kernels, by torch's own rule in ATen's cudnn/RNN.cpp.

    These kernels need fp16. If a single layer has none, fp16 gains little over bf16, which needs no loss scaling.
    """
    return (
        batch_size % 8 == 0
        and batch_size <= MOST_ROWS
        and all(_layer_runs_persistent(layer, batch_size) for layer in build_layers(model_settings))
    )


def _layer_runs_persistent(layer: Layer, rows: int) -> bool:
    kernel = torch_kernel_of(layer)
    if kernel is None or layer.input_size % UNIT or layer.hidden_size % UNIT:
        return False
    if kernel == "lstm":
        return layer.hidden_size <= WIDEST
    # torch excludes the gru, whose speed varies, and the rnn if many rows make it slow
    return kernel == "rnn_tanh" and layer.hidden_size <= WIDEST and (rows < 96 or layer.hidden_size < 896)


def compute_for(settings: Settings) -> Compute:
    """The device and precision for these settings.

    With the ordered sum, one thread computes if the settings name no number: several processes share the cores, and
    another number of threads gives other bits.
    Raises UsageError if the device is absent or cannot compute in the precision, or if CHARLM_KERNELS is no level.
    """
    library()  # an unknown level is refused here, before a run is created, and not in the first update
    training = settings.training
    return choose_compute(
        training.device,
        training.precision,
        training.threads or (1 if training.ordered_sum else None),
        training.precision == "auto" and runs_persistent(settings.model, training.batch_size),
    )
