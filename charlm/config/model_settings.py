"""The settings of the network: its layers and their widths. Knows no cell by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from charlm.config.cell_files import LONGEST, short_name
from charlm.config.latent_settings import LatentSettings
from charlm.config.layer_settings import CellOption
from charlm.config.layer_settings import LayerSettings as LayerSettings
from charlm.config.pair_settings import PairSettings
from charlm.config.section import BelowOne, Fraction, Listed, Section


class AttentionSettings(Section):
    """Attention over the past outputs of the stack."""

    window: int = Field(default=0, ge=0, le=4096, description="past outputs that it covers; 0: no attention")


class BlockSettings(Section):
    """What surrounds the cell of each layer. With any of these, `model.residual` adds the embedding in the lowest, too.

    Each works without the others; together with `model.residual` they are the blocks that cells without a recurrent
    product need (docs/blocks.md).
    """

    norm: Literal["rms"] | None = Field(
        default=None, description="rms: what a part of a layer reads is divided by its root mean square; none: no norm"
    )
    conv: int = Field(
        default=0,
        ge=0,
        le=64,
        description="inputs, up to the present one, that each unit sums by weights of its own before the cell; 0: none",
    )
    gate: bool = Field(
        default=False, description="a matrix before the cell and one after it, and a gate from the input on its output"
    )
    mlp: int = Field(
        default=0, ge=0, le=16, description="a gated network after the cell, so many times hidden_size wide; 0: none"
    )

    def in_short(self) -> str:
        """`, norm, conv 4, gate, mlp 3`: those that are on."""
        parts = ["norm"] * bool(self.norm) + [f"conv {self.conv}"] * bool(self.conv) + ["gate"] * self.gate
        return "".join(f", {part}" for part in parts + [f"mlp {self.mlp}"] * bool(self.mlp))

    @property
    def there(self) -> bool:
        """Whether any option is on."""
        return self != BlockSettings()


class ModelSettings(Section):
    """The architecture of the network."""

    cell: str = Field(
        default="lstm",
        max_length=LONGEST,
        description="a name from `charlm cells list`, auto, or a file of yours, whose code then runs: "
        "path/mycell.py:MyCell",
    )
    cell_options: dict[str, CellOption] = Field(
        default={}, max_length=16, description="options of that cell; `charlm cells show` lists them"
    )
    hidden_size: int = Field(default=192, ge=1, le=16_384, description="H, units in each layer")
    num_layers: int = Field(default=2, ge=1, le=64, description="L, layers in the stack")
    layers: Annotated[tuple[LayerSettings, ...], Listed] | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="the layers one by one, such as [{cell: lstm}, {cell: gru}]",
    )
    residual: bool = Field(
        default=False,
        description="add the input of a layer to its output: from the second layer up, with model.block in all layers",
    )
    block: BlockSettings = Field(default=BlockSettings(), description="what surrounds the cell of each layer")
    attention: AttentionSettings = Field(default=AttentionSettings(), description="attention over past outputs")
    latent: LatentSettings = Field(default=LatentSettings(), description="latent variables, for lines")
    pairs: PairSettings = Field(default=PairSettings(), description="a target for a source, for lines with a tab")
    embedding_dim: int | None = Field(
        default=None, ge=1, le=16_384, description="E, width of the embedding; none: hidden_size"
    )
    dropout: Fraction = Field(default=0.0, description="share of inputs dropped between layers and before the head")
    dropout_kind: Literal["standard", "locked"] = Field(
        default="standard", description="locked: one mask for the whole window"
    )
    weight_drop: BelowOne = Field(
        default=0.0, description="share of the recurrent weights dropped while training, drawn anew for each window"
    )
    tied: bool = Field(
        default=False, description="the head shares the embedding's matrix; needs embedding_dim = hidden_size"
    )

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, given: Any) -> Any:
        """If the layers are given one by one, num_layers is their number."""
        if isinstance(given, Mapping) and isinstance(given.get("layers"), list | tuple) and "num_layers" not in given:
            return {**given, "num_layers": len(given["layers"])}
        return given

    @model_validator(mode="after")
    def _sizes_agree(self) -> ModelSettings:
        if self.layers is not None and len(self.layers) != self.num_layers:
            raise ValueError(f"model.layers has {len(self.layers)} layers, and model.num_layers is {self.num_layers}")
        widths = [layer.hidden_size for layer in self.stack()]
        if self.tied and self.embedding_width != widths[-1]:
            raise ValueError(
                "model.tied needs model.embedding_dim to equal model.hidden_size of the top layer, or to be left out"
            )
        if self.residual and len(set(widths)) > 1:
            raise ValueError("model.residual needs layers of one width in model.layers")
        if self.residual and self.block.there and self.embedding_width != widths[0]:
            raise ValueError(
                "model.residual with model.block adds the embedding, too: it needs model.embedding_dim to equal "
                "model.hidden_size, or to be left out"
            )
        return self

    @model_validator(mode="after")
    def _latents_stand_alone(self) -> ModelSettings:
        """What a model with latent variables cannot have beside them."""
        given = {
            "attention": self.attention.window,
            "tied": self.tied,
            "weight_drop": self.weight_drop,
            "block": self.block.there,
        }
        wrong = [f"model.{name}" for name, value in given.items() if value]
        if self.latent.kind is not None and wrong:
            raise ValueError(f"{' and '.join(wrong)} cannot go with latent variables (model.latent)")
        if self.latent.kind in ("vrnn", "draw") and self.dropout_kind == "locked":
            raise ValueError(
                f"model.dropout_kind=locked is for whole windows, and {self.latent.kind} goes step by step"
            )
        return self

    @model_validator(mode="after")
    def _pairs_stand_alone(self) -> ModelSettings:
        """What a model of pairs cannot have beside it."""
        given = {
            "attention": self.attention.window,
            "tied": self.tied,
            "weight_drop": self.weight_drop,
            "block": self.block.there,
            "latent": self.latent.kind,
        }
        wrong = [f"model.{name}" for name, value in given.items() if value]
        if self.pairs.kind is not None and wrong:
            raise ValueError(f"{' and '.join(wrong)} cannot go with pairs (model.pairs)")
        return self

    @property
    def embedding_width(self) -> int:
        """E."""
        return self.embedding_dim or self.hidden_size

    def in_short(self) -> str:
        """`lstm 2 x 192`, `lstm 2 x 192, latent line 32`; if the layers are given one by one, each with its width."""
        if self.layers is None:
            shape = f"{short_name(self.cell)} {self.num_layers} x {self.hidden_size}"
        else:
            shape = ", ".join(f"{short_name(layer.cell)} {layer.hidden_size}" for layer in self.stack())
        extras = ", residual" * self.residual + self.block.in_short()
        if self.latent.kind is not None:
            extras += f", latent {self.latent.kind} {self.latent.size}"
        if self.pairs.kind is not None:
            extras += f", pairs {self.pairs.kind}"
        return shape + extras + (f", attention {self.attention.window}" if self.attention.window else "")

    def stack(self) -> tuple[LayerSettings, ...]:
        """Every layer, from the lowest up, with every setting filled in."""
        whole = LayerSettings(cell=self.cell, cell_options=self.cell_options, hidden_size=self.hidden_size)
        if self.layers is None:
            return (whole,) * self.num_layers
        return tuple(
            LayerSettings(
                cell=layer.cell or self.cell,
                cell_options=layer.cell_options or (self.cell_options if layer.cell in ("", self.cell) else {}),
                hidden_size=layer.hidden_size or self.hidden_size,
            )
            for layer in self.layers
        )
