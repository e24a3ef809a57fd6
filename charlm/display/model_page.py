"""The page of a model that is served. Knows no HTTP.

Everything is in the page but what the model writes, which its script asks the service for: the
Content-Security-Policy allows its own style and script, by their sha256, and requests to the service alone. The script
writes text by textContent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from charlm.display.page_files import render_page
from charlm.display.units import in_bits

if TYPE_CHECKING:
    from charlm.service.served import Served


def model_page(served: Served, models: Mapping[str, Served]) -> str:
    """The html page of a model, with links to the others."""
    checkpoint = served.checkpoint
    nats = checkpoint.scores.valid_nats
    facts = [
        ("text", f"{checkpoint.text.name}, {checkpoint.text.characters:,} characters"),
        (
            "model",
            f"{checkpoint.settings.model.in_short()}, {served.parameters:,} parameters, step {checkpoint.step:,}",
        ),
    ]
    if nats is not None:
        facts.append(("valid split", f"{in_bits(nats):.3f} bits per character"))
    return render_page(
        "model", "connect-src 'self'", title=served.name, facts=facts,
        others=[name for name in models if name != served.name],
        about={"model": served.name, "records": served.end is not None},
    )  # fmt: skip
