"""A trained model that a notebook shows as a card. Knows no kernel.

What draws the card is imported when it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from charlm.checkpoint import Checkpoint

if TYPE_CHECKING:
    from charlm.display.notebook_card import Card


@dataclass(frozen=True)
class ShownCheckpoint(Checkpoint):
    """A trained model as the library gives it."""

    def _repr_html_(self) -> str:
        """Settings, curve, scores and a sample."""
        return self._card()._repr_html_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where it shows no HTML, in place of thousands of weights."""
        printer.text(repr(self._card()))

    def _card(self) -> Card:
        from charlm.notebook.about import checkpoint_card

        return checkpoint_card(self)


def shown_checkpoint(checkpoint: Checkpoint) -> ShownCheckpoint:
    """The same model."""
    return ShownCheckpoint(**{field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)})
