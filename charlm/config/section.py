"""What every section of the settings is, and the kinds of values that they share. Knows no setting."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, Strict


class Section(BaseModel):
    """Frozen and strict: unknown keys are errors, numbers are finite, and no type is converted into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


Fraction = Annotated[float, Field(ge=0, le=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
Listed = Strict(False)  # a list from YAML becomes a tuple; its items stay strict
