"""The maps of `charlm inspect saliency`: on the terminal, as JSON and as a page. Knows no run and no model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from charlm.display.output import print_table
from charlm.display.printing import print_stderr
from charlm.display.signed_text import print_signed
from charlm.display.symbol_pieces import Pieces, symbol_name
from charlm.display.text_page import PageTable, signed_series, text_page
from charlm.display.units import in_bits
from charlm.inspection.randomising import MOST_ALIKE, Randomised
from charlm.inspection.saliency import Saliency
from charlm.text.vocabulary import Vocabulary

SHOWN = 8  # characters of the table: those that weigh most


def print_saliency(
    about: Mapping[str, Any], vocabulary: Vocabulary, found: Saliency, compared: Randomised | None
) -> None:
    """The text coloured by the integrated gradients, and a table of the characters that weigh most."""
    print_stderr(f"{about['run']}, step {about['step']:,}; read: {about['text']}")
    pieces = Pieces.of(vocabulary, found.ids)
    integrated, rough = (pieces.sums(in_bits(1.0) * each) for each in (found.integrated, found.gradient_input))
    print_signed(pieces.texts, integrated, "for it", "against it")
    print_table(_heaviest(vocabulary, found, pieces, integrated, rough), right=("back", "bits", "gradient x input"))
    for line in summary_lines(vocabulary, found, compared):
        print_stderr(line)


def summary_lines(vocabulary: Vocabulary, found: Saliency, compared: Randomised | None) -> list[str]:
    """What the map adds up to, and the verdict of the check."""
    name = symbol_name(vocabulary, found.target)
    lines = [
        f"{name} follows with {math.exp(found.log_probability):.1%} ({in_bits(-found.log_probability):.2f} bits); "
        f"with inputs of zero in their place it would be {in_bits(-found.of_nothing):.2f} bits",
        f"the characters add up to {in_bits(float(found.integrated.sum())):+.2f} bits, "
        f"{found.gap:.1%} off the difference ({found.points} points)",
    ]
    if compared:
        verdict = {True: "passed", False: "not passed", None: "too few characters to tell"}[compared.passed]
        lines.append(
            f"check with shuffled recurrent weights: {verdict}; rank correlation {compared.integrated.mean():+.2f}, "
            f"gradient x input {compared.gradient_input.mean():+.2f}, to be under {MOST_ALIKE} "
            f"(by chance +-{compared.chance:.2f})"
        )
        lines.append(
            f"of the magnitudes alone: {compared.integrated_magnitudes.mean():+.2f} and "
            f"{compared.gradient_input_magnitudes.mean():+.2f}, as near characters weigh most in any recurrent network"
        )
    return lines


def saliency_json(vocabulary: Vocabulary, found: Saliency, compared: Randomised | None) -> dict[str, Any]:
    """Lists have an item for each symbol that was looked at, the last one read at their end."""
    result = {
        "target": vocabulary.symbols[found.target],
        "log_probability": found.log_probability,
        "log_probability_of_zeros": found.of_nothing,
        "sum": float(found.integrated.sum()),
        "gap": found.gap,
        "points": found.points,
        "symbols": [vocabulary.symbols[one] for one in found.ids.tolist()],
        "integrated_nats": found.integrated.tolist(),
        "gradient_input_nats": found.gradient_input.tolist(),
    }
    if compared:
        result["check"] = {
            "passed": compared.passed,
            "limit": MOST_ALIKE,
            "chance": compared.chance,
            "integrated": compared.integrated.tolist(),
            "gradient_input": compared.gradient_input.tolist(),
            "integrated_magnitudes": compared.integrated_magnitudes.tolist(),
            "gradient_input_magnitudes": compared.gradient_input_magnitudes.tolist(),
        }
    return result


def saliency_page(
    about: Mapping[str, Any], vocabulary: Vocabulary, found: Saliency, compared: Randomised | None
) -> str:
    """The text coloured by either map, and a table of the characters that weigh most."""
    pieces = Pieces.of(vocabulary, found.ids)
    integrated, rough = (pieces.sums(in_bits(1.0) * each) for each in (found.integrated, found.gradient_input))
    name = symbol_name(vocabulary, found.target)
    series = [
        signed_series("integrated gradients", integrated, "bits", "for it", "against it"),
        signed_series("gradient times input", rough, "bits", "for it", "against it"),
    ]
    table = PageTable(
        "The characters that weigh most",
        _heaviest(vocabulary, found, pieces, integrated, rough),
        frozenset({0, 2, 3}),
    )
    first, *notes = [line[0].upper() + line[1:] for line in summary_lines(vocabulary, found, compared)]
    lines = [f"{about['run']}, step {about['step']:,}; read: {about['text']}", first]
    follows = vocabulary.symbols[found.target]
    follows = follows if follows.strip() and vocabulary.unit != "byte" else name
    return text_page(f"What {name} rests on", lines, pieces, series, follows, [table], notes)


def _heaviest(
    vocabulary: Vocabulary, found: Saliency, pieces: Pieces, integrated: np.ndarray, rough: np.ndarray
) -> list[list[str]]:
    rows = [["back", "character", "bits", "gradient x input"]]
    for at in np.argsort(-np.abs(integrated), kind="stable")[:SHOWN].tolist():
        place = int(pieces.places[at])
        named = symbol_name(vocabulary, int(found.ids[place]))
        rows.append([f"{len(found.ids) - place}", named, f"{integrated[at]:+.2f}", f"{rough[at]:+.2f}"])
    return rows
