"""A score card on a terminal, and its parts as rows of text, which Markdown has too.

Knows no model: a card is the object of `charlm eval card --json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_page, print_table, print_text
from charlm.display.units import in_bits
from charlm.text.vocabulary import UNITS

Card = Mapping[str, Any]
MODEL_COLUMNS = ["model", "nats", "bits/char", "bits/byte", "95 %, bits", "learns", "s"]
BASELINE_COLUMNS = ["after the training part", "nats", "bits/char", "bits/byte", "alone", "learns", "s"]
GAIN_COLUMNS = ["where adapting gains", "characters", "static", "adapted", "of the gain"]
RIGHT = ("nats", "bits/char", "bits/byte", "alone", "s")


def print_card(card: Card) -> None:
    """The models, the baselines, and how all of it was measured."""
    print_text(f"{title(card)}\n\n")
    print_table(model_rows(card), least=("s", "learns"), right=RIGHT)
    print_text("\n")
    print_table(baseline_rows(card), least=("s", "learns"), right=RIGHT)
    print_text("\n")
    if card["gains"]:
        print_table(gain_rows(card), right=GAIN_COLUMNS[1:])
        print_text("\n")
    for line in footnotes(card):
        print_page(f"{line}\n")


def title(card: Card) -> str:
    """What was scored with what."""
    part = "" if card["protocol"]["split"] == "all" else f", {card['protocol']['split']} split"
    return f"{card['run']} ({card['model']}, step {card['step']:,}) on {card['text']}{part}"


def model_rows(card: Card) -> list[list[str]]:
    """A heading, and a row for each way to read the text with the model."""
    rows = [[row["name"], *_figures(row), interval(row), row["learns"], seconds(row)] for row in card["rows"]]
    return [MODEL_COLUMNS, *rows]


def baseline_rows(card: Card) -> list[list[str]]:
    """A heading, and a row for each baseline."""
    rows = [
        [row["name"], *_figures(row), _bits(row["alone"]), row["learns"], seconds(row)] for row in card["baselines"]
    ]
    return [BASELINE_COLUMNS, *rows]


def gain_rows(card: Card) -> list[list[str]]:
    """A heading, and a row for each group of characters, in bits per character."""
    whole = sum(each["share"] * (each["before"] - each["after"]) for each in card["gains"])
    rows = [
        [
            each["group"],
            f"{each['share']:.1%}",
            f"{in_bits(each['before']):.3f}",
            f"{in_bits(each['after']):.3f}",
            f"{each['share'] * (each['before'] - each['after']) / whole:.0%}" if whole > 0 else "",
        ]
        for each in card["gains"]
    ]
    return [GAIN_COLUMNS, *rows]


def footnotes(card: Card) -> list[str]:
    """How it was measured, the longest shared run, and what the columns mean."""
    protocol, shared = card["protocol"], card["shared_run"]
    units = UNITS[card["unit"]]
    first = "each record from its first" if protocol["state"].startswith("fresh") else "all after the first"
    unknown = f"; {protocol['unknown_characters']:,} unknown ({protocol['unknown']})" * bool(
        protocol["unknown_characters"]
    )
    rule = protocol["adapted"]
    adapted = (
        f"; adapted at rate {rule['rate']:g}, decay {rule['decay']:g}, segments of {rule['segment']}" if rule else ""
    )
    cut = "..." * int(shared["characters"] > len(shared["begins"]))
    again = f": {shared['begins']!r}{cut}" if shared["characters"] else ""
    return [
        f"protocol: {card['characters']:,} {units}, {first}, in one stream, state {protocol['state']}; "
        f"{protocol['symbols']} symbols{unknown}; training part {protocol['training_characters']:,} {units}; "
        f"intervals by {protocol['interval']}; n-grams of order {protocol['order']} alone, "
        f"{protocol['mixed_order']} beside a model; temperature {protocol['temperature']:.4f}, "
        f"fitted on {protocol['temperature_fitted_on']}{adapted}",
        "+ n-gram: mixed with the Kneser-Ney n-gram of the training part, log-linear, weights learned while reading; "
        "+ counting: with one that goes on counting in the text, and one of the text alone",
        f"longest run that also stands in the training part: {shared['characters']:,} {units}{again}",
        "learns: what it learns from the text while it reads, after it has predicted each character: nothing, the "
        "weights of its mixture, or all that it can. Compare figures that learn as much.",
    ]


def interval(row: Mapping[str, Any]) -> str:
    """In bits per character."""
    found = row["interval"]
    return "" if found is None else f"{in_bits(found['low_nats']):.3f}-{in_bits(found['high_nats']):.3f}"


def seconds(row: Mapping[str, Any]) -> str:
    return f"{row['seconds']:.1f}"


def _figures(row: Mapping[str, Any]) -> Sequence[str]:
    if row["nats_per_character"] is None:
        return "", "", ""
    return f"{row['nats_per_character']:.4f}", f"{row['bits_per_character']:.4f}", f"{row['bits_per_byte']:.4f}"


def _bits(score: Mapping[str, Any] | None) -> str:
    return "" if score is None else f"{score['bits_per_character']:.4f}"
