"""New symbols change nothing: a model of any kind that has got rows for some, and may not write them, is as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from charlm.checkpoint import Scores
from charlm.checkpoint.contents import Checkpoint, TextIdentity
from charlm.config.settings import Settings
from charlm.engines.choosing import run_with_numpy
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.latent.estimating import estimate
from charlm.latent.table import KINDS, latent_model
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.pairs.model import PairModel
from charlm.pairs.pair_text import pairs_of_texts
from charlm.pairs.scoring import pair_nats
from charlm.pairs.shapes import initial_pairs
from charlm.text.corpus import open_corpus
from charlm.text.vocabulary import Vocabulary
from charlm.training.origin import open_with_origin
from charlm.training.task_kinds import read_as

PAIRS = [("abc", "cba"), ("ca", "ac"), ("b", "bb")]
LINES = "".join(f"{source}\t{target}\n" for source, target in PAIRS)
NEVER = -1e9  # the logit of a symbol that is not written
MODELS = {
    "language": {},
    "tied": {"tied": True},
    **{kind: {"latent": {"kind": kind, "size": 3, "canvas": 8, "rounds": 3}} for kind in KINDS},
    "joined": {"pairs": {"kind": "joined"}},
    "encoder": {"pairs": {"kind": "encoder", "both_ways": True}},
    "attending": {"pairs": {"kind": "attending", "gate": True}},
    "general": {"pairs": {"kind": "attending", "score": "general"}},
}


def initial(model, symbols):
    rng = np.random.default_rng(3)
    if model.pairs.kind:
        return initial_pairs(model, symbols, rng)
    return (
        KINDS[model.latent.kind].initial_parameters if model.latent.kind else initial_parameters
    )(model, symbols, rng)  # fmt: skip


def nats(model, parameters, vocabulary):
    """Of PAIRS, or of them as lines."""
    if model.pairs.kind:
        return float(
            pair_nats(PairModel(model, parameters), pairs_of_texts(PAIRS, vocabulary), vocabulary, run_with_numpy).sum()
        )
    ids = vocabulary.encode(LINES).ids
    if model.latent.kind:
        return estimate(latent_model(model, parameters), ids, vocabulary.newline, (1,)).nats[1]
    return score_ids(NumpyScorer(LanguageModel(model, parameters)), ids, vocabulary.newline).nats


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_may_not_write_its_new_symbols_is_as_it_was(tmp_path, name):
    path = tmp_path / "new.tsv"
    path.write_text("A!\tBé\nabc\tca\n")
    given = {"text": {"sources": [str(path)], "records": True}, "model": {"hidden_size": 6, **MODELS[name]}}
    settings, vocabulary = Settings.model_validate(given), Vocabulary.of(LINES)
    before = initial(settings.model, vocabulary.size)
    text = TextIdentity(name="lines", sha256="0" * 64, characters=9)
    start = Checkpoint(Path("old/step-1"), 1, settings, vocabulary, text, Scores(), {}, before)
    _, origin = open_with_origin(read_as(settings), open_corpus(read_as(settings)), start)
    assert origin.new == ("!", "A", "B", "é")
    after = {name: value.copy() for name, value in origin.parameters.items()}
    for symbol in origin.new:
        after["head.bias"][origin.vocabulary.symbols.index(symbol)] = NEVER
    found, wanted = nats(settings.model, after, origin.vocabulary), nats(settings.model, before, vocabulary)
    assert found == pytest.approx(wanted, rel=1e-5)
