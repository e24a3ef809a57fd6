"""The settings of a model with latent variables. Knows no model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from charlm.config.section import BelowOne, Fraction, Section

LatentKind = Literal["line", "vrnn", "storn", "srnn", "draw"]


class LatentSettings(Section):
    """Latent variables, which the model draws before it writes; such a model reads a text line by line."""

    kind: LatentKind | None = Field(
        default=None,
        description="none; line: one latent a line; vrnn, storn, srnn: one a character; draw: lines painted in rounds",
    )
    size: int = Field(default=32, ge=1, le=4096, description="Z, units of a latent")
    encoder_size: int = Field(
        default=0, ge=0, le=16_384, description="units of the network that guesses the latent; 0: half of hidden_size"
    )
    beta_warmup: Fraction = Field(
        default=0.25, description="share of the training in which the weight of KL rises from 0 to 1"
    )
    free_nats: float | None = Field(
        default=None,
        ge=0,
        le=1000,
        description="nats of KL that cost nothing in the loss, for each latent drawn; none: what suits the kind",
    )
    input_dropout: BelowOne = Field(
        default=0.0, description="kind line: share of the characters that the decoder may not see while it trains"
    )
    z_forcing: float = Field(
        default=0.0, ge=0, le=100, description="kind srnn: weight of foretelling the backward network from the latent"
    )
    rounds: int = Field(default=10, ge=1, le=64, description="kind draw: S, rounds in which the line is painted")
    patch: int = Field(default=5, ge=2, le=64, description="kind draw: P, places that a look or a stroke has")
    canvas: int = Field(default=32, ge=2, le=64, description="kind draw: N, places of the canvas, the end included")
