"""The settings of a model of pairs, which writes a target for a source. Knows no model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from charlm.config.layer_settings import LayerSettings
from charlm.config.section import Listed, Section

PairKind = Literal["joined", "encoder", "attending"]


class PairSettings(Section):
    """Pairs: each line of the text is a source, a tab and a target, and the model writes targets for sources."""

    kind: PairKind | None = Field(
        default=None,
        description="none; joined: one stack reads the source and writes on; encoder: a second stack reads it, and its "
        "last state starts the first; attending: it looks at the whole source at each step",
    )
    encoder_layers: Annotated[tuple[LayerSettings, ...], Listed] | None = Field(
        default=None, min_length=1, max_length=64, description="layers that read the source; none: as those that write"
    )
    reversed: bool = Field(default=True, description="read the source from its end, so that its start is freshest")
    both_ways: bool = Field(default=False, description="read the source from both ends, with a stack for each")
    score: Literal["additive", "general"] = Field(
        default="additive",
        description="of a character of the source: additive, before each step (Bahdanau); general, after it (Luong), "
        "which trains faster",
    )
    gate: bool = Field(default=False, description="attending: a gate on what was looked at")
    mean_start: bool = Field(
        default=False, description="attending: start from the mean of what was read, not from the last state"
    )
    coverage: float = Field(
        default=0.0, ge=0, le=100, description="attending: weight of looking at every character of the source once"
    )
