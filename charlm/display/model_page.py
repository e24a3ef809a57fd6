"""The page on which the service writes with a model. Knows no HTTP.

Its script asks the service for what the model writes, and puts it into the page by textContent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from charlm.display.html_page import render_page
from charlm.display.units import in_bits

if TYPE_CHECKING:
    from charlm.service.served import Served


def model_page(served: Served, models: Mapping[str, Served]) -> str:
    """The html page of a model, with links to the others."""
    checkpoint = served.checkpoint
    nats = checkpoint.scores.valid_nats
    facts = [
        ("text", f"{checkpoint.text.name}, {checkpoint.text.characters:,} characters"),
        ("model", f"{checkpoint.settings.model.in_short()}, {served.parameters:,} parameters"),
        ("step", f"{checkpoint.step:,}"),
    ]
    if nats is not None:
        facts.append(("valid split", f"{in_bits(nats):.3f} bits per character"))
    about = {"model": served.name, "records": served.end is not None}
    others = [name for name in models if name != served.name]
    return render_page("model", served.name, {"about": about}, asks=True, facts=facts, others=others)
