"""Logit biases as a person gives them, by characters, and as decoding has them, by ids. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping

from charlm.errors import UsageError
from charlm.text.vocabulary import UNITS, Vocabulary


def read_bias(word: str) -> tuple[str, float]:
    """The character and the amount in `e=+2`, or in `==-1` for the equals sign. Raises UsageError."""
    character, mark, amount = word.rpartition("=")
    try:
        value = float(amount)
    except ValueError:
        value = None
    if not mark or not character or value is None:
        where = f"--logit-bias {word}"
        raise UsageError("--logit-bias needs a character and a number", where, "Write it as --logit-bias 'e=-2'.")
    return character, value


def bias_of_ids(biases: Mapping[str, float], vocabulary: Vocabulary) -> dict[int, float]:
    """The biases by id. Raises UsageError for what is not exactly one symbol that the model can write."""
    found = {}
    for character, amount in biases.items():
        encoded = vocabulary.encode(character, "skip")
        if encoded.unknown or len(encoded.ids) != 1:
            what = f"--logit-bias is for one of the model's {vocabulary.size} {UNITS[vocabulary.unit]}"
            instead = "Give each of its symbols a bias" if len(encoded.ids) > 1 else "Name one that the model knows"
            raise UsageError(f"{what}, and {character!r} is none", "--logit-bias", f"{instead}, or leave it out.")
        found[int(encoded.ids[0])] = amount
    return found
