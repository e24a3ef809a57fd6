"""K particles through lines, for models with a latent for each symbol, with numpy (see bounds.py). Knows no files.

Shape letters: T time, B rows, K particles, Z units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.latent.bounds import Values, ancestors, log_mean_exp, needs_resampling
from charlm.latent.lines import Lines
from charlm.latent.normal import draw, log_density
from charlm.latent.stepwise import StepwiseModel
from charlm.latent.symbol_nats import symbol_nats


def particle_bound(model: StepwiseModel, lines: Lines, particles: int, stream: np.random.Generator) -> Values:
    """(B,) a lower bound of the nats of each line: in expectation at most ln p(x).

    With one particle it is the evidence lower bound of one draw. After the end of a line its weights stay as they are.
    """
    steps, rows = lines.symbols.shape
    with one_blas_thread():
        guide = model.guide(lines, run_with_numpy)
        carried, advance = model.carried(rows * particles), model.decoder()
        log_weights, bound = np.zeros((particles, rows)), np.zeros(rows)
        for t in range(steps):
            there = lines.there[t].astype(np.float64)
            context = model.context(np.tile(lines.before[t], particles), carried, advance)
            p, q = model.prior(context), model.posterior(context, np.tile(guide[t], (particles, 1)))
            noise = stream.standard_normal((rows * particles, model.settings.latent.size)).astype(np.float32)
            z = draw(q, noise)
            logits, carried = model.emit(context, z, advance)
            nats = symbol_nats(logits, np.tile(lines.symbols[t], particles))
            step = (log_density(p, z) - log_density(q, z) - nats).astype(np.float64).reshape(particles, rows)
            log_weights = log_weights + step * there
            chosen = needs_resampling(log_weights) & (there > 0) if particles > 1 else np.zeros(rows, np.bool_)
            if chosen.any():
                bound = np.where(chosen, bound + log_mean_exp(log_weights), bound)
                taken = np.where(chosen, ancestors(log_weights, stream.random(rows)), np.arange(particles)[:, None])
                carried = _rows(carried, (taken * rows + np.arange(rows)).reshape(-1))
                log_weights = np.where(chosen, 0.0, log_weights)
    found: Values = bound + log_mean_exp(log_weights)
    return found


def _rows(carried: Any, rows: np.ndarray) -> Any:
    """What is carried, nested in tuples, with these rows."""
    if not isinstance(carried, tuple):
        return carried[rows]
    parts = [_rows(part, rows) for part in carried]
    return type(carried)(*parts) if hasattr(carried, "_fields") else tuple(parts)
