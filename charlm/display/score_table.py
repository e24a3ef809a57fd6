"""The results of `charlm eval` as tables, with notes on stderr. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr
from charlm.display.text_notes import score_notes
from charlm.display.units import in_bits
from charlm.text.unknown import UnknownCharacters


def print_score(result: Mapping[str, Any], lacking: UnknownCharacters, notes: Sequence[str]) -> None:
    """`result` is the object of `--json`; the notes say how the text was read."""
    charged = result["unknown_bits"] if result["unknown_charged"] else None
    as_symbol = result["unknown_charged"] if lacking.has_symbol else 0
    for note in (*notes, *score_notes(lacking, charged, as_symbol)):
        print_stderr(note)
    lines = [
        f"{name:<20}{result[name]:>12.6f}"
        for name in ("bits_per_character", "bits_per_byte", "nats_per_character", "perplexity")
    ]
    lines.insert(1, f"{'interval (95 %)':<20}{bits_interval(result['interval'])}")
    lines += [f"{name:<20}{result[name]:>12,}" for name in ("characters", "unknown_characters")]
    lines.append(f"{'seconds':<20}{result['seconds']:>12.2f}")
    lines += [f"{name:<20}{value}" for name, value in _read_with(result["protocol"]).items()]
    print_text("\n".join(lines) + "\n")


def bits_interval(interval: Mapping[str, Any] | None) -> str:
    """An interval of `--json` in bits per character."""
    if interval is None:
        return "none: the text is too short"
    return f"{in_bits(interval['low_nats']):.4f} to {in_bits(interval['high_nats']):.4f}"


def _read_with(protocol: Mapping[str, Any]) -> dict[str, str]:
    """What the text was read with, if it was not the model alone."""
    found = {}
    if rule := protocol.get("adapted"):
        found["adapted"] = (
            f"{rule['weights']} weights, rate {rule['rate']:g}, decay {rule['decay']:g}, "
            f"segments of {rule['segment']} characters"
        )
    if "temperature" in protocol:
        on = protocol.get("temperature_fitted_on")
        found["temperature"] = f"{protocol['temperature']:.4f}" + (f", fitted on {on}" if on else "")
    if "ensemble" in protocol:
        mean = protocol["blend"] == "mean"
        how = "mean of probabilities" if mean else _log_linear(protocol["blend_weights"])
        found["ensemble"] = f"with {', '.join(protocol['ensemble'])}; {how}"
    if "mix" in protocol:
        counting = ", counting while it reads, and one of the text alone" * (protocol["mix"] == "ngram-counting")
        found["mixed with"] = f"n-gram of order {protocol['order']}{counting}; {_log_linear(protocol['mix_weights'])}"
    return found


def _log_linear(weights: Sequence[float]) -> str:
    return f"log-linear, weights at the end {', '.join(f'{weight:.2f}' for weight in weights)}"


def print_comparison(
    scores: Sequence[Mapping[str, Any]], differences: Sequence[Mapping[str, Any]], policy: str, notes: Sequence[str]
) -> None:
    """A row for each model; `scores` and `differences` are the objects of `--json`, the notes are of all readings."""
    for note in notes:
        print_stderr(note)
    rows = [["run", "step", "bits/char", "bits/byte", "characters", "unknown", "more than the first (95 %)"]]
    more = ["", *(_more(each) for each in differences)]
    rows += [
        [
            f"{score['run']}",
            f"{score['step']:,}",
            f"{score['bits_per_character']:.4f}",
            f"{score['bits_per_byte']:.4f}",
            f"{score['characters']:,}",
            f"{score['unknown_characters']:,}",
            difference,
        ]
        for score, difference in zip(scores, more, strict=True)
    ]
    print_table(rows, right=("step", "bits/char", "bits/byte", "characters", "unknown"))
    if len({score["unit"] for score in scores}) > 1:
        print_stderr("the models count different symbols (text.unit): compare the bits per byte")
    if any(score["unknown_charged"] for score in scores):
        print_stderr("a character that a model does not know costs about 20 bits, which name it among all of Unicode")
    elif any(score["unknown_left_out"] for score in scores):
        print_stderr(f"with --unknown {policy} the scores are of different characters; `charge` makes them comparable")


def _more(difference: Mapping[str, Any]) -> str:
    """A difference from the first in bits per character, with its interval."""
    bits, interval = in_bits(difference["nats_per_character"]), difference["interval"]
    if interval is None:
        return f"{bits:+.4f}, no interval"
    low, high = in_bits(interval["low_nats"]), in_bits(interval["high_nats"])
    return f"{bits:+.4f} ({low:+.4f} to {high:+.4f})"
