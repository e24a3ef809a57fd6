"""The card of a page: what the model is, how well it predicts, how that was measured, and what one may do with it."""

from __future__ import annotations

from charlm.checkpoint import Checkpoint
from charlm.page.rounding import Weights
from charlm.page.rounding_loss import RoundingLoss
from charlm.text.vocabulary import UNITS
from charlm.version import __version__

LEAST = 0.00001  # bits that are said
NO_LICENCE = "not stated: ask whom you have this page from"


def card_rows(
    checkpoint: Checkpoint, weights: Weights, loss: RoundingLoss | None, scored: str, licence: str | None
) -> list[tuple[str, str]]:
    """Labels and values. `scored` is the text of the loss in words; of no loss, why there is none."""
    vocabulary, text = checkpoint.vocabulary, checkpoint.text
    return [
        ("Model", f"{checkpoint.settings.model.in_short()}, {checkpoint.parameter_count:,} weights"),
        ("Symbols", f"{vocabulary.size:,} {UNITS[vocabulary.unit]}"),
        ("Trained on", f"{text.name}, {text.characters:,} characters; {checkpoint.step:,} steps"),
        *_scores(checkpoint, weights, loss, scored),
        ("Random numbers", _seed(weights)),
        ("Licence", licence or NO_LICENCE),
        ("Made with", f"charlm {__version__}"),
    ]


def summary(checkpoint: Checkpoint) -> str:
    """One line about the model."""
    model = checkpoint.settings.model.in_short()
    return f"A character-level language model ({model}), trained on {checkpoint.text.name}."


def _scores(checkpoint: Checkpoint, weights: Weights, loss: RoundingLoss | None, scored: str) -> list[tuple[str, str]]:
    form = "float32, as trained" if weights == "float32" else f"{weights}; biases float32"
    if loss is None:
        return [("Weights", form), ("Score", f"not measured: {scored}")]
    unit = checkpoint.vocabulary.unit
    state = "from a fresh state at each record" if checkpoint.settings.text.records else "the state carried over"
    unknown = "" if checkpoint.vocabulary.unknown_id is None else "; what the unknown symbol stands for is not counted"
    which = "every one" if checkpoint.settings.text.records else "every one after the first"
    return [
        ("Weights", f"{form}; rounding costs {cost(loss)}{'' if loss.page == loss.exact else f' a {unit}'}"),
        ("Score", f"{loss.page.bits_per_character:.4f} bits ({loss.page.nats_per_character:.4f} nats) a {unit}"),
        ("Protocol", f"{scored}: {loss.page.characters:,} {unit}s, {which} scored once, {state}{unknown}"),
    ]


def cost(loss: RoundingLoss) -> str:
    """The bits that rounding costs, in words; less than nothing, by chance, is shown as it is."""
    if loss.page == loss.exact:
        return "nothing"
    if abs(loss.bits_per_character) < LEAST:
        return f"less than {LEAST:.5f} bits"
    return f"{loss.bits_per_character:+.5f} bits ({loss.nats_per_character:+.5f} nats)"


def _seed(weights: Weights) -> str:
    if weights == "float32":
        return "those of charlm sample: a seed writes here what it writes there in float32 (CHARLM_KERNELS=0)"
    return "those of charlm sample, whose weights differ a little: with one seed both write the same for a while"
