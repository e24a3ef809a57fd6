"""A model as the folder of a model hub: weights, configuration, vocabulary, README with the card. Knows no network.

config.json has the settings of the model and the form of its text; nothing in the folder says where the text was.
"""

from __future__ import annotations

import json
import math

from safetensors.numpy import save as to_safetensors

from charlm.checkpoint import Checkpoint
from charlm.interchange.vocabulary_file import vocabulary_json
from charlm.text.vocabulary import UNITS
from charlm.version import __version__

MODEL_TYPE = "charlm"
TEXT_FORM = ("unit", "records", "separator", "label", "newlines", "normalize")  # what a text for the model looks like
FILES = ("model.safetensors", "config.json", "vocabulary.json", "README.md")


def hub_files(checkpoint: Checkpoint, name: str, licence: str | None, card: str | None) -> dict[str, bytes]:
    """The files of the folder by name. `card` is Markdown with scores, as `charlm eval card --markdown` writes it."""
    weights, config, vocabulary, readme = FILES
    return {
        weights: to_safetensors(dict(checkpoint.parameters), metadata={"format": "pt"}),
        config: _config(checkpoint).encode(),
        vocabulary: vocabulary_json(checkpoint.vocabulary).encode(),
        readme: _readme(checkpoint, name, licence, card).encode(),
    }


def _config(checkpoint: Checkpoint) -> str:
    text = checkpoint.settings.text.model_dump(mode="json")
    about = {
        "model_type": MODEL_TYPE,
        "charlm": __version__,
        "vocab_size": checkpoint.vocabulary.size,
        "step": checkpoint.step,
        "model": checkpoint.settings.model.model_dump(mode="json"),
        "text": {key: text[key] for key in TEXT_FORM},
        "trained_on": {"name": checkpoint.text.name, "characters": checkpoint.text.characters},
        "scores": checkpoint.scores.model_dump(),
    }
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def _readme(checkpoint: Checkpoint, name: str, licence: str | None, card: str | None) -> str:
    """The page of the model. What was not measured is not claimed."""
    unit, nats = checkpoint.vocabulary.unit, checkpoint.scores.valid_nats
    front = ["library_name: charlm", "pipeline_tag: text-generation", "tags: [character-level, recurrent]"]
    front = [f"license: {json.dumps(licence, ensure_ascii=False)}", *front] if licence else front
    rows = [
        ("Model", f"{checkpoint.settings.model.in_short()}, {checkpoint.parameter_count:,} weights"),
        ("Symbols", f"{checkpoint.vocabulary.size:,} {UNITS[unit]}"),
        ("Trained on", f"{checkpoint.text.name}, {checkpoint.text.characters:,} characters; {checkpoint.step:,} steps"),
        ("Validation", "not measured" if nats is None else f"{nats / math.log(2):.4f} bits ({nats:.4f} nats) a {unit}"),
        ("Licence", licence or "not stated"),
    ]
    table = "\n".join(f"| {label} | {_cell(value)} |" for label, value in rows)
    parts = [
        "---\n" + "\n".join(front) + "\n---",
        f"# {_cell(name)}",
        f"A recurrent language model that reads and writes one {unit} at a time, trained with charlm.",
        f"| | |\n|---|---|\n{table}",
        *([card.strip()] if card else []),
        f"With charlm {__version__} or later:",
        "    charlm import FOLDER --name mymodel\n    charlm sample mymodel --prompt 'The '",
    ]
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """Text that stays within its cell, and is no markup: names come from whoever made the model."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_[]<>|#" else char for char in flat)
