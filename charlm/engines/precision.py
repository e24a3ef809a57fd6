"""The device and precision of a training, if its settings leave them open. Knows no weights."""

from __future__ import annotations

from charlm.config.settings import Settings
from charlm.device import Compute, choose_compute
from charlm.kernels import library


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
    )
