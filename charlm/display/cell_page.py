"""A recurrent cell as a page of text: equations, weights, state, gates, options, paper. Knows no cell's code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def cell_page(cell: Mapping[str, Any]) -> str:
    """`cell` is the object of `charlm cells show --json`."""
    return "\n".join(_lines(cell)) + "\n"


def _lines(cell: Mapping[str, Any]) -> Iterator[str]:
    yield cell["equations"]
    units = cell["hidden_size"]
    yield f"\nWeights of one layer with {units} inputs and {units} units: {cell['parameters']:,}"
    for weight, shape in cell["shapes"].items():
        yield f"  {weight:<12} {' x '.join(map(str, shape))}"
    yield f"State: {', '.join(cell['state'])}    Gates: {', '.join(cell['gates']) or 'none'}"
    yield "Options:" if cell["options"] else "Options: none"
    for name, option in cell["options"].items():
        value, choice = str(option["default"]).lower(), f"{option['low']:g} to {option['high']:g}"
        if isinstance(option["default"], bool):
            choice = "true or false"
        yield f"  model.cell_options.{name}={value}   {option['about']}; {choice}"
    yield f"Family: {cell['family']}    Paper: {cell['paper']}"
