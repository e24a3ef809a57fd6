"""The results of a study: means, paired differences from the baseline with intervals, and conclusions in words.

Trains nothing and draws nothing. Each measure compares one value: bits per character (valid), the share of right
answers (recall, pairs), bits a line of a task (answers), bits per character at most (bound), characters per second as a
ratio (cost). Scores are in bits, and in nats beside them.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from statistics import fmean, median
from typing import Any

from charlm.evaluation.score import in_bits
from charlm.studies.choice_report import choice_of, choice_words
from charlm.studies.statistics import Mean, mean_of, paired_difference, paired_ratio
from charlm.studies.study import Study

VALUE = {
    "valid": "bits",
    "recall": "accuracy",
    "answers": "sequence_bits",
    "pairs": "accuracy",
    "bound": "bits",
    "cost": "characters_per_second",
}
RANGE = {
    "bits": (0.0, math.inf),
    "sequence_bits": (0.0, math.inf),
    "accuracy": (0.0, 1.0),
    "characters_per_second": (0.0, math.inf),
}
DIFFERENCES = {
    "bits": (-math.inf, math.inf),
    "sequence_bits": (-math.inf, math.inf),
    "accuracy": (-1.0, 1.0),
    "characters_per_second": (0.0, math.inf),
}
OTHER_VALUES = (
    "bits",
    "nats",
    "answer_bits",
    "answer_nats",
    "sequence_bits",
    "optimum_bits",
    "right",
    "edits_per_character",
    "draw_bits",
    "divergence_bits",
    "characters_per_second",
    "peak_memory",
    "seconds",
    "characters",
    "parameters",
    "hidden_size",
)
IN_NATS = "answer", "sequence", "optimum", "draw", "divergence"  # scores that results.jsonl has in nats
SIDES = ("better than", "faster than", "worse than", "slower than", "within noise of")
Row = dict[str, Any]


def make_report(study: Study, results: Sequence[Row], choices: Sequence[Row] = ()) -> dict[str, Any]:
    """A JSON object: the study, a group for each combination of levels with a row for each variant, and `words`.

    `choices` are the scored candidates of a study with `choose`.
    """
    results = [with_bits(row) for row in results]
    places = _combinations(study)
    levels = sorted(
        dict.fromkeys(tuple(row["levels"].items()) for row in results), key=lambda each: places.get(each, 0)
    )
    groups = [
        _group(study, dict(each), [row for row in results if row["levels"] == dict(each)], choices) for each in levels
    ]
    return {
        "study": study.name,
        "question": study.question,
        "baseline": study.baseline,
        "seeds": list(study.seeds),
        "budget": study.budget.model_dump(exclude_none=True),
        "choose": study.choose.model_dump(mode="json") if study.choose else None,
        "runs": len(results),
        "groups": groups,
        "found": _headline(study, groups),
        "words": [*_conclusions(study, groups), *(choice_words(study.choose, groups) if study.choose else [])],
    }


def _combinations(study: Study) -> dict[tuple[tuple[str, str], ...], int]:
    """The place of each combination of levels in the study: which run finished first does not change a report."""
    factors = ([(factor, level) for level in levels] for factor, levels in study.factors.items())
    return {levels: place for place, levels in enumerate(product(*factors))}


def with_bits(row: Row) -> Row:
    """The result of a run with its scores in bits as well; results.jsonl has them in nats."""
    names = {"bits": "nats"} | {f"{what}_bits": f"{what}_nats" for what in IN_NATS}
    in_nats = {bits: row.get(nats) for bits, nats in names.items()}
    return {**row, **{name: in_bits(nats) for name, nats in in_nats.items() if nats is not None}}


def _group(study: Study, levels: dict[str, str], results: Sequence[Row], choices: Sequence[Row]) -> dict[str, Any]:
    measure = results[0]["measure"]
    by_seed = {(row["variant"], row["seed"]): row for row in results}
    names = [name for name in study.variants if any(row["variant"] == name for row in results)]
    rows = [
        _row(study, name, measure, [by_seed[name, seed] for seed in study.seeds if (name, seed) in by_seed], by_seed)
        for name in names
    ]
    if study.choose:
        rows = [
            row | choice_of(study.choose, [each for each in results if each["variant"] == row["variant"]], choices)
            for row in rows
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
        difference = compare(*zip(*pairs, strict=True)).within(*DIFFERENCES[name])
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
        "failed": sum(bool(row.get("failed")) for row in results),
        "median": median(values.values()) if values else None,
        "mean": asdict(mean_of(list(values.values())).within(*RANGE[name])) if values else None,
        "difference": asdict(difference) if difference else None,
        "beyond_noise": difference.excludes(neutral) if difference else None,
        **others,
    }


def _headline(study: Study, groups: Sequence[dict[str, Any]]) -> str:
    """What was found, in one sentence: `b is better than a (gap 5 and 10) and within noise of a (gap 20)`."""
    sides: dict[str, dict[str, list[str]]] = {}  # variant -> side -> levels
    for group in groups:
        where = " ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        for row in group["rows"]:
            if row["difference"]:
                sides.setdefault(row["variant"], {}).setdefault(_side(group["measure"], row), []).append(where)
    alike: dict[str, list[str]] = {}  # what is said -> variants
    for variant, found in sides.items():
        said = " and ".join(
            f"{side} {study.baseline}{_places(found[side]) if len(groups) > 1 else ''}"
            for side in SIDES
            if side in found
        )
        alike.setdefault(said, []).append(variant)
    parts = [f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {said}" for said, names in alike.items()]
    return "; ".join(parts) or "nothing can be compared yet"


def _side(measure: str, row: Row) -> str:
    """`better than`, `slower than` or, if the interval has no difference in it, `within noise of`."""
    if not row["beyond_noise"]:
        return "within noise of"
    lower, higher = ("slower", "faster") if measure == "cost" else ("worse", "better")
    if VALUE[measure].endswith("bits"):
        lower, higher = higher, lower
    return f"{lower if row['difference']['mean'] < (1.0 if measure == 'cost' else 0.0) else higher} than"


def _places(places: Sequence[str]) -> str:
    """` (gap 5, 10 and 20)`: a factor that all share is named once."""
    factors, levels = {place.partition(" ")[0] for place in places}, [place.partition(" ")[2] for place in places]
    is_one = len(factors) == 1 and not any(" " in level for level in levels)
    return f" ({factors.pop()} {_listed(levels)})" if is_one else f" ({_listed(places)})"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])


def _conclusions(study: Study, groups: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each group about its intervals, and a warning about multiple comparisons."""
    sentences, compared = [], 0
    for group in groups:
        rows = [row for row in group["rows"] if row["difference"]]
        compared += len(rows)
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        sides: dict[str, list[str]] = {side: [] for side in SIDES}
        for row in rows:
            sides[_side(group["measure"], row)].append(row["variant"])
        parts = [f"{', '.join(names)}: {side} {study.baseline}" for side, names in sides.items() if names]
        diverged = [row["variant"] for row in group["rows"] if row["diverged"]]
        parts += [f"{', '.join(diverged)}: diverged in some runs, which are left out"] if diverged else []
        if parts:
            sentences.append(f"{levels + ': ' if levels else ''}{'; '.join(parts)}.")
    if compared > 1:
        sentences.append(
            f"There are {compared} comparisons, each with its own 95 % interval: "
            "by chance alone, one in twenty seems beyond noise."
        )
    return sentences


def report_csv(report: dict[str, Any]) -> str:
    """The report as CSV: a line for each variant and combination of levels."""
    factors = list(dict.fromkeys(factor for group in report["groups"] for factor in group["levels"]))
    seeds = [str(seed) for seed in report["seeds"]]
    choice = ["chosen", "end"] if report["choose"] else []
    head = [*factors, "variant", "measure", "mean", "standard_error", "difference", "low", "high", "beyond_noise"]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [*head, "diverged", "failed", "median", *choice, *OTHER_VALUES, *(f"seed_{seed}" for seed in seeds)]
    )
    for group in report["groups"]:
        for row in group["rows"]:
            middle, difference = row["mean"] or {}, row["difference"] or {}
            writer.writerow(
                [
                    *(group["levels"].get(factor, "") for factor in factors),
                    row["variant"], group["value"], middle.get("mean"), middle.get("error"),
                    difference.get("mean"), difference.get("low"), difference.get("high"), row["beyond_noise"],
                    row["diverged"], row["failed"], row["median"],
                    *(row[key] for key in choice), *(row.get(key) for key in OTHER_VALUES),
                    *(row["values"].get(seed) for seed in seeds),
                ]
            )  # fmt: skip
    return file.getvalue()
