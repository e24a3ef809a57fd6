"""The best settings of a search as a preset file, for `charlm train -c`. Knows no sampler and no training."""

from __future__ import annotations

from charlm.config.given import INNER, dotted
from charlm.config.settings import Settings
from charlm.config.stored import inline_yaml
from charlm.studies.tuning.results import TrialRow
from charlm.studies.tuning.search_plan import OF_A_MACHINE, SearchPlan


def preset_text(plan: SearchPlan, best: TrialRow, trials: int) -> str:
    """The preset: what differs from the defaults, section by section, with what was found marked."""
    settings, asked = plan.resolved(best.values), plan.asked
    score = f"{'at most ' * plan.bounded}{best.nats:.4f} nats per character"
    lines = [
        f"# The best of {trials} trials of {asked.each}, from {asked.preset}: {score}",
        "# on a part of the training split, in a training on the rest of it. charlm tune found what is marked.",
        "# The length is that of a trial, and so is the one validation, which costs a short training least.",
        "# To train for longer: --budget 10m -s training.validations=5",
    ]
    usual = {**dotted(Settings()), "text.split_seed": settings.training.seed}
    values = dotted(settings)
    for section in ("text", "model", "training"):
        shown = {
            name: value
            for name, value in values.items()
            if name.startswith(f"{section}.") and name not in OF_A_MACHINE
            and (name in best.values or name not in usual or value != usual[name])
        }  # fmt: skip
        lines += ["", f"{section}:", *_section(shown, best)] if shown else []
    return "\n".join(lines) + "\n"


def _section(shown: dict[str, object], best: TrialRow) -> list[str]:
    lines, mappings = [], dict.fromkeys(".".join(name.split(".")[:2]) for name in shown)
    for name in mappings:
        key = name.partition(".")[2]
        if name in INNER and name not in shown:
            inner = {
                full.removeprefix(f"{name}."): value for full, value in shown.items() if full.startswith(f"{name}.")
            }
            found = any(full in best.values for full in shown if full.startswith(f"{name}."))
            line = f"  {key}: {inline_yaml(inner)}"
        else:
            found, line = name in best.values, f"  {key}: {inline_yaml(shown[name])}"
        lines.append(f"{line:<38}# found" if found else line)
    return lines
