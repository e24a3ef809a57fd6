"""What the finder and steering found, as tables and values for `--json`. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.inspection.finder import ProbeResult, Tracking
from charlm.inspection.steering import Effect

Row = list[str]
Effects = Mapping[str, Effect]  # of the best unit of each probe, by the probe's name


def finding_rows(results: Sequence[ProbeResult], top: int, effects: Effects) -> list[Row]:
    """A row for each probe for which there are units above the level, the best first, and what steering did."""
    rows = [["property", "share or mean", "best units", "score", "chance", "untrained", "units above"]]
    if effects:
        rows[0] += ["off", "on", "change when steered"]
    for one in best_first(results):
        best = " ".join(unit_shown(unit) for unit in one.units[:top])
        share = f"{one.share:.1%}" if one.kind == "area" else f"{one.share:.3g}"
        row = [
            one.probe.name,
            share,
            best,
            f"{one.units[0].score:.3f}",
            f"{one.level:.3f}",
            _echo(one),
            f"{len(one.units):,}",
        ]
        if effects:
            effect = effects.get(one.probe.name)
            row += (
                [*_ends(effect, one.kind == "area"), change_shown(effect, one.kind == "area")]
                if effect
                else ["", "", ""]
            )
        rows.append(row)
    return rows


def best_first(results: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Those with units above the level: properties that hold or not before numbers, the clearest first."""
    return sorted((one for one in results if one.units), key=lambda one: (one.kind, one.level - one.units[0].score))


def _echo(one: ProbeResult) -> str:
    return f"{one.echo:.3f}" if one.echo else ""


def unit_shown(found: Tracking) -> str:
    """`2:17`, or `-2:17` for a unit that is low where the property holds."""
    return f"{'-' * (found.sign < 0)}{found.unit}"


def unfound_lines(results: Sequence[ProbeResult]) -> list[str]:
    """What was not found, and why."""
    lines = []
    for one in results:
        if one.problem:
            lines.append(f"{one.probe.name} ({one.probe.about}): {one.problem}")
        elif not one.units and one.best:
            scores = f"the best, {one.best.unit}, has {one.best.score:.3f}, and chance gives {one.level:.3f}"
            scores += f", the untrained network {one.echo:.3f}" if one.echo else ""
            lines.append(f"{one.probe.name} ({one.probe.about}): no unit tracks it; {scores}")
    return lines


def unfound_short(results: Sequence[ProbeResult]) -> str:
    """The same in two sentences, without numbers."""
    rare = ", ".join(one.probe.name for one in results if one.problem)
    untracked = ", ".join(one.probe.name for one in results if not one.problem and not one.units)
    said = [f"Too rare in this text: {rare}."] if rare else []
    return " ".join([*said, f"No unit tracks: {untracked}."] if untracked else said)


def _ends(effect: Effect, is_share: bool) -> tuple[str, str]:
    shown = f"{effect.free:.1%}", f"{effect.steered:.1%}"
    return shown if is_share else (f"{effect.free:.3g}", f"{effect.steered:.3g}")


def change_shown(effect: Effect, is_share: bool) -> str:
    """The difference with its interval, of shares in points, and whether it is certain."""
    if effect.interval is None:
        return f"too few samples have a value ({effect.pairs})"
    change, low, high = (_change(one, is_share) for one in (effect.difference, *effect.interval))
    return f"{change} ({low} to {high}){'' if effect.is_certain else ', no proof'}"


def _change(number: float, is_share: bool) -> str:
    return f"{100 * number:+.1f}%" if is_share else f"{number:+.3g}"


def effect_rows(effects: Sequence[tuple[Effect, bool]]) -> list[Row]:
    """A row for each property, with heading; each effect with whether it is a share."""
    rows = [["property", "free", "set", "change", "95 % interval", ""]]
    for effect, is_share in effects:
        ends_of = None if effect.interval is None else [_change(one, is_share) for one in effect.interval]
        interval = " to ".join(ends_of) if ends_of else "too few values"
        known = effect.pairs > 0
        ends = _ends(effect, is_share) if known else ("", "")
        change = _change(effect.difference, is_share) if known else ""
        rows.append([effect.probe.name, *ends, change, interval, "certain" if effect.is_certain else ""])
    return rows


def result_json(one: ProbeResult, effect: Effect | None) -> dict[str, Any]:
    """A probe's result as values."""
    return {
        "property": one.probe.name,
        "about": one.probe.about,
        "score": "area under the ROC curve" if one.kind == "area" else "correlation",
        "share": one.share,
        "chance": one.level,
        "untrained": one.echo or None,
        "problem": one.problem or None,
        "units": [{"unit": str(unit.unit), "score": unit.score, "sign": unit.sign} for unit in one.units],
        "best": one.best and {"unit": str(one.best.unit), "score": one.best.score, "sign": one.best.sign},
        "steered": effect and effect_json(effect),
    }


def effect_json(effect: Effect) -> dict[str, Any]:
    """What the hand did, as values; `free` is without it, or with the unit set off."""
    known = effect.pairs > 0
    return {
        "property": effect.probe.name,
        "free": effect.free if known else None,
        "set": effect.steered if known else None,
        "change": effect.difference if known else None,
        "interval": effect.interval,
        "certain": effect.is_certain,
        "pairs": effect.pairs,
    }
