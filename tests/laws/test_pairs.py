"""What holds for every kind of a model of pairs: padding counts nowhere, attention is a share, one definition."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "pairs"))

from pair_models import END, KINDS, LENGTHS, V, inputs, logits_of, model_of, settings_of, sources

from charlm.cells.table import CELLS
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.choosing import run_with_numpy, run_with_torch
from charlm.errors import UsageError
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax
from charlm.pairs.attention import coverage_penalty
from charlm.pairs.model import PairModel
from charlm.pairs.pair_lanes import PairLanes, batch_of
from charlm.pairs.pair_text import find_pairs
from charlm.pairs.scoring import pair_nats
from charlm.pairs.shapes import initial_pairs, pair_shapes, require_a_start
from charlm.text.lanes import NO_TARGET
from charlm.text.vocabulary import Vocabulary
from charlm.training.pair_trainer import PairTrainer

ATTENDING = [name for name, pairs in KINDS.items() if pairs["kind"] == "attending"]


@pytest.mark.parametrize("name", KINDS)
def test_many_rows_are_read_as_each_would_be_alone_whatever_the_padding(name):
    model, source, given = model_of(KINDS[name]), sources(), inputs()
    logits, state, _ = logits_of(model, source, LENGTHS, given)
    for row, length in enumerate(LENGTHS):
        alone = source[:length, row : row + 1]
        expected, after, _ = logits_of(model, alone, LENGTHS[row : row + 1], given[:, row : row + 1])
        np.testing.assert_allclose(logits[:, row], expected[:, 0], atol=2e-6)
        np.testing.assert_allclose(state[-1][0][row], after[-1][0][0], atol=2e-6)


@pytest.mark.parametrize("name", KINDS)
def test_rows_in_another_order_give_the_same(name):
    model, source, given = model_of(KINDS[name]), sources(), inputs()
    order = np.array([3, 0, 4, 2, 1])
    logits, _, _ = logits_of(model, source, LENGTHS, given)
    moved, _, _ = logits_of(model, source[:, order], LENGTHS[order], given[:, order])
    np.testing.assert_allclose(moved, logits[:, order], atol=2e-6)


@pytest.mark.parametrize("name", KINDS)
def test_engines_give_what_the_definition_does_with_its_gradients(name):
    model, source, given = model_of(KINDS[name]), sources(), inputs()
    expected, _, _ = logits_of(model, source, LENGTHS, given)
    read = model.read(source, LENGTHS, END, run_with_numpy)
    np.testing.assert_allclose(model.write(read, given, read.state, run_with_numpy)[0], expected, atol=1e-5)
    gradients = []
    for recurrence in ({}, {"recurrence": run_with_torch}):
        weights = {each: torch.tensor(value, requires_grad=True) for each, value in model.parameters.items()}
        of_torch = PairModel(model.settings, weights)
        begun = of_torch.read(source, LENGTHS, END, **recurrence)
        logits, _, _ = of_torch.write(begun, given, begun.state, **recurrence)
        np.testing.assert_allclose(logits.detach().numpy(), expected, atol=1e-5)
        logits.square().mean().backward()
        gradients.append({each: weight.grad for each, weight in weights.items()})
    for each, gradient in gradients[0].items():
        other = gradients[1][each]
        assert (gradient is None) == (other is None)
        if gradient is not None:
            np.testing.assert_allclose(other.numpy(), gradient.numpy(), atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_steps_one_by_one_are_those_of_a_window(name):
    model, given = model_of(KINDS[name]), inputs()
    read = model.read(sources(), LENGTHS, END)
    whole, after, _ = model.write(read, given, read.state)
    state, steps = read.state, []
    for step in given:
        logits, state, _ = model.write(read, step[None], state)
        steps.append(logits[0])
    np.testing.assert_allclose(np.stack(steps), whole, atol=2e-6)
    np.testing.assert_allclose(state[-1][0], after[-1][0], atol=2e-6)


@pytest.mark.parametrize("name", ATTENDING)
def test_attention_is_a_share_and_nothing_on_padding(name):
    alpha = logits_of(model_of(KINDS[name]), sources(), LENGTHS, inputs())[2]
    np.testing.assert_allclose(alpha.sum(-1), 1, atol=1e-6)
    padding = np.arange(alpha.shape[-1]) >= LENGTHS[:, None]
    assert (alpha[:, padding] == 0).all()
    assert (alpha[:, ~padding] > 0).all()


@pytest.mark.parametrize("name", ATTENDING)
def test_of_one_character_all_is_looked_at_whatever_the_weights_of_attention(name):
    """The model is then an encoder whose last output is read at every step: nothing is left to choose."""
    model, ones = model_of(KINDS[name]), np.ones(5, np.int64)
    source, given = sources(lengths=ones), inputs()
    expected, _, alpha = logits_of(model, source, ones, given)
    np.testing.assert_array_equal(alpha, 1)
    chosen = ("attention.v", "attention.query.weight", "attention.key.weight", "attention.key.bias")
    others = {each: -3 * value if each in chosen else value for each, value in model.parameters.items()}
    found, _, _ = logits_of(PairModel(model.settings, others), source, ones, given)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("ways", [{}, {"both_ways": True}])
def test_over_one_character_additive_attention_is_an_encoder_that_reads_its_last_output_too(ways):
    """Its weights that read z at 0, an encoder gives the same states, and so the same outputs."""
    attending, ones = model_of({"kind": "attending", **ways}), np.ones(5, np.int64)
    encoder = settings_of({"kind": "encoder", **ways})
    weights = {name: attending.parameters[name] for name in pair_shapes(encoder, V)}
    embedding = weights["embedding.weight"].shape[1]
    own = dict(attending.parameters)
    own["recurrent.weight_ih_l0"] = own["recurrent.weight_ih_l0"].copy()
    own["recurrent.weight_ih_l0"][:, embedding:] = 0
    weights["recurrent.weight_ih_l0"] = own["recurrent.weight_ih_l0"][:, :embedding]
    source, given = sources(lengths=ones), inputs()
    expected = logits_of(PairModel(encoder, weights), source, ones, given)[1]
    found = logits_of(PairModel(attending.settings, own), source, ones, given)[1]
    for layer, other in zip(found[:-1], expected, strict=True):  # the last item is the output of the step before
        np.testing.assert_allclose(layer.h, other.h, atol=1e-6)
        np.testing.assert_allclose(layer.c, other.c, atol=1e-6)


def test_attention_starts_even():
    settings = settings_of({"kind": "attending"})
    model = PairModel(settings, initial_pairs(settings, V, np.random.default_rng(1)))
    alpha = logits_of(model, sources(), LENGTHS, inputs())[2]
    np.testing.assert_allclose(alpha[0, 1], 1 / 5, atol=1e-6)


def test_coverage_costs_nothing_if_every_character_is_looked_at_once():
    alpha = torch.eye(3)[:, None]  # (T, B, J)
    assert coverage_penalty(alpha, torch.ones(3, 1), torch.ones(1, 3)) == 0
    assert coverage_penalty(alpha, torch.tensor([[1.0], [1.0], [0.0]]), torch.ones(1, 3)) == 1
    assert coverage_penalty(alpha, torch.tensor([[1.0], [1.0], [0.0]]), torch.tensor([[1.0, 1.0, 0.0]])) == 0


VOCABULARY = Vocabulary(("\t", "\n", "a", "b", "c", "d", "e"))
LINES = "ab\tba\ncde\tedc\na\ta\nbbbb\tbbbb\n"


def pairs_of(text=LINES):
    return find_pairs(VOCABULARY.encode(text).ids, VOCABULARY, "a text")


def test_joined_is_a_language_model_of_whole_lines_whose_targets_alone_count():
    model = model_of({"kind": "joined"})
    language = LanguageModel(settings_of({"kind": None}), model.parameters)
    end = VOCABULARY.symbols.index("\n")
    found = pair_nats(model, pairs_of(), VOCABULARY, run_with_numpy)
    for line, nats in zip(LINES.splitlines(), found, strict=True):
        whole = score_ids(NumpyScorer(language), VOCABULARY.encode(f"{line}\n").ids, end).nats
        source, _, _ = line.partition("\t")
        read = VOCABULARY.encode(f"\n{line}").ids.astype(np.int64)[:, None]
        logits, _ = language.forward(read[:-1], language.fresh_state(1))
        scores = log_softmax(logits[:, 0])
        of_source = -scores[np.arange(len(source) + 1), read[1 : len(source) + 2, 0]].sum()
        assert nats == pytest.approx(whole - of_source, abs=1e-4)


@pytest.mark.parametrize("kind", ["joined", "encoder", "attending"])
def test_the_loss_is_the_score_and_counts_no_padding(kind):
    model = {"hidden_size": 6, "num_layers": 1, "pairs": {"kind": kind}}
    settings = Settings.model_validate({"model": model, "training": {"steps": 1}})
    pairs, (start, end) = pairs_of(), (VOCABULARY.symbols.index(each) for each in "\t\n")
    trainer = PairTrainer(settings, VOCABULARY.size, end, Compute("cpu", "fp32", "a CPU", 1))
    batch = batch_of(pairs.take(np.array([3, 1, 0, 2])), start, end)
    assert batch.characters == pairs.characters == sum(map(len, ["ba", "edc", "a", "bbbb"])) + 4
    nats, _ = trainer.loss(batch)
    model = PairModel(settings.model, trainer.parameters())
    assert float(nats.detach()) == pytest.approx(pair_nats(model, pairs, VOCABULARY, run_with_numpy).sum(), abs=1e-4)


def test_every_pair_is_read_once_an_epoch_in_another_order():
    pairs = pairs_of("".join(f"{'abcde'[n % 5] * (1 + n % 7)}{'ab'[n % 2]}\tb{'c' * (n % 4)}\n" for n in range(40)))
    start, end = (VOCABULARY.symbols.index(each) for each in "\t\n")
    lanes = PairLanes(pairs, 6, 1, start, end)
    orders = []
    for epoch in (0, 1):
        batches = [lanes.at(epoch * lanes.windows_per_epoch + number) for number in range(lanes.windows_per_epoch)]
        assert sum(batch.characters for batch in batches) == lanes.characters_per_epoch
        orders.append([symbol for batch in batches for symbol in batch.source[0].tolist()])
        for batch in batches:
            assert (np.diff(batch.lengths) <= 0).all()
            assert ((batch.targets == NO_TARGET) | (batch.targets >= 0)).all()
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert lanes.epoch_at(0) == 0
    assert lanes.epoch_at(lanes.windows_per_epoch) == 1


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in ("lstm", "ntm")])
@pytest.mark.parametrize("kind", ["encoder", "attending"])
def test_every_cell_reads_and_writes(cell, kind):
    """Also beside another cell: what was read then starts what it can of the other's state."""
    lstm = {"cell": "lstm", "hidden_size": 8}
    for pairs, model in (({}, {}), ({"encoder_layers": (lstm,)}, {}), ({"both_ways": True}, {"layers": (lstm,)})):
        pairs = {"kind": kind, "encoder_layers": ({"cell": cell},), **pairs}
        made = model_of(pairs, **{"num_layers": 1, "cell": cell, "hidden_size": 8, **model})
        assert np.isfinite(logits_of(made, sources(), LENGTHS, inputs())[0]).all()


def test_a_cell_that_nothing_can_start_is_refused_as_what_writes():
    require_a_start(settings_of({"kind": "encoder"}, cell="gated_delta"))  # it takes the state of what reads as it is
    require_a_start(settings_of({"kind": "attending", "both_ways": True}, cell="gated_delta"))
    with pytest.raises(UsageError, match="no state that a source could start"):
        require_a_start(settings_of({"kind": "encoder", "both_ways": True}, cell="gated_delta"))
