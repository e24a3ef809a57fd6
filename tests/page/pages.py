"""Pages of made-up models, and node, which runs the scripts that are in them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np

from charlm.config.settings import ModelSettings, TextSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import parameter_shapes
from charlm.page.building import Head, build_page
from charlm.page.rounding import rounded
from charlm.text.vocabulary import Vocabulary

LETTERS = Vocabulary.of("abcdefgh ,\n")
NODE = shutil.which("node")
NO_NODE = "there is no node here to run the script of a page"
SCRIPT = Path(__file__).parent / "page_in_node.js"


def random_model(vocabulary=LETTERS, weights="float16", scale=0.6, seed=0, **model):
    """A model of random weights, rounded as a page has them."""
    given = {"hidden_size": 12, "embedding_dim": 7, **({} if "layers" in model else {"num_layers": 2}), **model}
    settings = ModelSettings.model_validate(given)
    rng = np.random.default_rng(seed)
    parameters = {
        name: rng.uniform(-scale, scale, shape).astype(np.float32)
        for name, shape in parameter_shapes(settings, vocabulary.size).items()
    }
    return LanguageModel(settings, rounded(parameters, weights))


def written(folder, name, model, vocabulary=LETTERS, weights="float16", text=None, head=None):
    """The file of a model's page."""
    path = folder / f"{name}.html"
    head = head or Head(name, "a made-up model", [("Model", name)])
    page = build_page(model, vocabulary, TextSettings.model_validate(text or {}), weights, head)
    path.write_text(page, encoding="utf-8")
    return path


def asked(questions):
    """Answers by name: `questions` has for each name a file and its questions. One process of node answers them all."""
    lines = [json.dumps({"file": str(file), "questions": asked}) for file, asked in questions.values()]
    done = subprocess.run([NODE, SCRIPT], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return dict(zip(questions, map(json.loads, done.stdout.splitlines()), strict=True))
