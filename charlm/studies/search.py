"""A search for a recipe: one setting after the other, every value in a training of its own, the best one kept.

    python -m charlm.studies.search configs/searches/tiny-shakespeare-97s.yaml

The scores that decide are those of the `valid` split of the file's own `text.splits`, which lie within what a later
training with the recipe trains on: its validation is never looked at. Every training is a line in trials.jsonl beside
the runs; what is there is not trained again. Knows no arithmetic: trainings are `charlm train`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from charlm.config.presets import read_config
from charlm.config.settings import Listed, Section
from charlm.runs import runs_root


class Search(Section):
    """`choices` are tried in their order: settings and their values, the first of which is where the search starts."""

    name: str = Field(pattern=r"^[\w.-]{1,40}$")
    preset: str
    base: dict[str, Any]  # settings by their names, as after -s
    choices: dict[str, Annotated[tuple[Any, ...], Listed]] = Field(min_length=1)


def search(wanted: Search, home: Path) -> dict[str, Any]:
    """The best of the settings, by name. Says on stdout what it tries."""
    best = {name: values[0] for name, values in wanted.choices.items()}
    score = _score(wanted, best, home)
    for name, values in wanted.choices.items():
        for value in values[1:]:
            tried = {**best, name: value}
            other = _score(wanted, tried, home)
            if other < score:
                best, score = tried, other
    print(f"best {score:.4f}: {json.dumps(best)}")
    return best


def _score(wanted: Search, settings: dict[str, Any], home: Path) -> float:
    """Nats per character after a training with the settings; from trials.jsonl if it is there."""
    trials = home / "trials.jsonl"
    lines = trials.read_text(encoding="utf-8").splitlines() if trials.exists() else []
    for row in map(json.loads, lines):
        if row["settings"] == settings:
            return float(row["nats"])
    given = {**wanted.base, **settings}.items()
    overrides = [part for name, value in given for part in ("-s", f"{name}={json.dumps(value)}")]
    command = [sys.executable, "-m", "charlm", "train", "-c", wanted.preset, *overrides, "--json"]
    environment = {**os.environ, "CHARLM_RUNS": str(home)}
    done = subprocess.run(
        [*command, "--run", f"trial-{len(lines) + 1}"], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    nats = float(json.loads(done.stdout)["valid_nats_per_character"])
    with trials.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"nats": nats, "settings": settings}) + "\n")
    print(f"{nats:.4f}  {json.dumps(settings)}", flush=True)
    return nats


def main(path: str) -> None:
    wanted = Search.model_validate(read_config(Path(path), path).value)
    home = runs_root() / f"search-{wanted.name}"
    home.mkdir(parents=True, exist_ok=True)
    search(wanted, home)


if __name__ == "__main__":
    main(sys.argv[1])
