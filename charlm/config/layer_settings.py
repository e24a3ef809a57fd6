"""The settings of one layer of a stack. Knows no cell by name."""

from __future__ import annotations

from pydantic import Field

from charlm.config.cell_files import LONGEST
from charlm.config.section import Section

CellOption = bool | int | float | str


class LayerSettings(Section):
    """One layer of a stack. A setting that it leaves out is that of the model."""

    cell: str = Field(default="", max_length=LONGEST, description="name of a cell; empty: model.cell")
    cell_options: dict[str, CellOption] = Field(default={}, max_length=16, description="options of that cell")
    hidden_size: int = Field(default=0, ge=0, le=16_384, description="units of this layer; 0: model.hidden_size")
