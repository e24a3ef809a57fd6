"""Settings as text: YAML with the origin of each value, and a whole config in one line. Knows no file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from charlm.config.automatic import AUTO
from charlm.display.units import counted

if TYPE_CHECKING:
    from charlm.config.describing import SettingAbout
    from charlm.config.settings import Settings

WIDEST = 60  # a longer line does not push the comments of all others to the right


def with_origins(yaml: str, origins: Mapping[str, str]) -> str:
    """The YAML of settings, with the origins of each value as a comment. `origins` are by dotted name."""
    lines = yaml.splitlines()
    width = min(WIDEST, max(map(len, lines)))
    section = ""
    commented = []
    for line in lines:
        key = line.partition(":")[0].strip()
        if not line.startswith(" "):
            section = key
            commented.append(line)
            continue
        name = f"{section}.{key}"
        found = dict.fromkeys(origin for each, origin in origins.items() if f"{each}.".startswith(f"{name}."))
        commented.append(f"{line:<{width}}  # {', '.join(found)}")
    return "\n".join(commented) + "\n"


def described_rows(settings: Sequence[SettingAbout]) -> list[tuple[str, str, str]]:
    """A row for each setting of a section: its name, its default, and what it does."""
    heading = (settings[0].section, "default", "")
    rows = [(each.name, each.default, "; ".join(filter(None, (each.about, each.values)))) for each in settings]
    return [heading, *rows]


def settings_in_short(settings: Settings, automatic: Collection[str] = ()) -> str:
    """`lstm 2 x 8, adamw 0.01, lanes 16 x 64, 90 seconds`; the settings with names in `automatic` are `auto`."""
    model, training = settings.model, settings.training
    if training.budget is not None:
        length = f"{training.budget:g} seconds"
    else:
        length = (
            counted(training.steps, "step") if training.steps is not None else counted(training.epochs or 0, "epoch")
        )
    values = {"training.learning_rate": f"{training.learning_rate:g}", "training.batch_size": str(training.batch_size)}
    rate, lanes = (AUTO if name in automatic else value for name, value in values.items())
    shape = model.in_short()
    if "model.hidden_size" in automatic:
        shape = shape.replace(f" x {model.hidden_size}", f" x {AUTO}", 1)
    if "model.cell" in automatic:
        shape = shape.replace(f"{model.cell} ", f"{AUTO} ", 1)
    return f"{shape}, {training.optimizer} {rate}, lanes {lanes} x {training.seq_len}, {length}"
