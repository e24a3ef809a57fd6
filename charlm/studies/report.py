"""The results of a study: means, paired differences from the baseline with intervals, and conclusions in words.

Trains nothing and draws nothing. Each measure compares one value: nats per character (valid), the share of right
answers (recall), characters per second as a ratio (cost).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from charlm.studies.statistics import Mean, mean_of, paired_difference, paired_ratio
from charlm.studies.study import Study

VALUE = {"valid": "nats", "recall": "accuracy", "cost": "characters_per_second"}
OTHER_VALUES = (
    "nats",
    "answer_nats",
    "characters_per_second",
    "peak_memory",
    "seconds",
    "characters",
    "parameters",
    "hidden_size",
)
Row = dict[str, Any]


def make_report(study: Study, results: Sequence[Row]) -> dict[str, Any]:
    """A JSON object: the study, a group for each combination of levels with a row for each variant, and `words`."""
    levels = list(dict.fromkeys(tuple(row["levels"].items()) for row in results))
    groups = [_group(study, dict(each), [row for row in results if row["levels"] == dict(each)]) for each in levels]
    return {
        "study": study.name,
        "question": study.question,
        "baseline": study.baseline,
        "seeds": list(study.seeds),
        "budget": study.budget.model_dump(exclude_none=True),
        "runs": len(results),
        "groups": groups,
        "words": _conclusions(study, groups),
    }


def _group(study: Study, levels: dict[str, str], results: Sequence[Row]) -> dict[str, Any]:
    measure = results[0]["measure"]
    by_seed = {(row["variant"], row["seed"]): row for row in results}
    names = [name for name in study.variants if any(row["variant"] == name for row in results)]
    rows = [
        _row(study, name, measure, [by_seed[name, seed] for seed in study.seeds if (name, seed) in by_seed], by_seed)
        for name in names
    ]
    return {"levels": levels, "measure": measure, "value": VALUE[measure], "rows": rows}


def _row(study: Study, variant: str, measure: str, results: Sequence[Row], by_seed: dict[tuple[str, int], Row]) -> Row:
    name = VALUE[measure]
    values = {row["seed"]: row[name] for row in results if row.get(name) is not None}
    baseline = {seed: by_seed.get((study.baseline, seed), {}).get(name) for seed in values}
    pairs = [(values[seed], other) for seed, other in baseline.items() if other is not None]
    difference: Mean | None = None
    if pairs and variant != study.baseline:
        compare = paired_ratio if measure == "cost" else paired_difference
        difference = compare(*zip(*pairs, strict=True))
    neutral = 1.0 if measure == "cost" else 0.0
    others = {
        key: fmean(found)
        for key in OTHER_VALUES
        if key != name and (found := [row[key] for row in results if row.get(key) is not None])
    }
    return {
        "variant": variant,
        "values": {str(seed): value for seed, value in values.items()},
        "diverged": sum(bool(row.get("diverged")) for row in results),
        "mean": asdict(mean_of(list(values.values()))) if values else None,
        "difference": asdict(difference) if difference else None,
        "beyond_noise": difference.excludes(neutral) if difference else None,
        **others,
    }


def _conclusions(study: Study, groups: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each group about its intervals, and a warning about multiple comparisons."""
    sentences, compared = [], 0
    for group in groups:
        rows = [row for row in group["rows"] if row["difference"]]
        compared += len(rows)
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        neutral = 1.0 if group["measure"] == "cost" else 0.0
        lower, higher = ("better", "worse") if group["measure"] == "valid" else ("worse", "better")
        if group["measure"] == "cost":
            lower, higher = "slower", "faster"
        sides = {
            lower: [row["variant"] for row in rows if row["beyond_noise"] and row["difference"]["mean"] < neutral],
            higher: [row["variant"] for row in rows if row["beyond_noise"] and row["difference"]["mean"] > neutral],
            "within noise of": [row["variant"] for row in rows if not row["beyond_noise"]],
        }
        parts = [
            f"{', '.join(names)}: {side} {'' if side.startswith('within') else 'than '}{study.baseline}"
            for side, names in sides.items()
            if names
        ]
        diverged = [row["variant"] for row in group["rows"] if row["diverged"]]
        parts += [f"{', '.join(diverged)}: diverged in some runs, which are left out"] if diverged else []
        if parts:
            sentences.append(f"{levels + ': ' if levels else ''}{'; '.join(parts)}.")
    if compared > 1:
        sentences.append(
            f"There are {compared} comparisons, each with its own 95 % interval: "
            f"about {max(1, round(compared * 0.05))} of them would seem beyond noise by chance alone."
        )
    return sentences


def report_csv(report: dict[str, Any]) -> str:
    """The report as CSV: a line for each variant and combination of levels."""
    factors = list(dict.fromkeys(factor for group in report["groups"] for factor in group["levels"]))
    seeds = [str(seed) for seed in report["seeds"]]
    head = [*factors, "variant", "measure", "mean", "standard_error", "difference", "low", "high", "beyond_noise"]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*head, "diverged", *OTHER_VALUES, *(f"seed_{seed}" for seed in seeds)])
    for group in report["groups"]:
        for row in group["rows"]:
            middle, difference = row["mean"] or {}, row["difference"] or {}
            writer.writerow(
                [
                    *(group["levels"].get(factor, "") for factor in factors),
                    row["variant"], group["value"], middle.get("mean"), middle.get("error"),
                    difference.get("mean"), difference.get("low"), difference.get("high"), row["beyond_noise"],
                    row["diverged"], *(row.get(key) for key in OTHER_VALUES),
                    *(row["values"].get(seed) for seed in seeds),
                ]
            )  # fmt: skip
    return file.getvalue()
