"""What holds for the page of every cell: its numbers, its scores and its samples are charlm's own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "page"))

from pages import LETTERS, NO_NODE, NODE, asked, random_model, written

from charlm.cells.table import CELLS
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import write_text
from charlm.text.vocabulary import UNKNOWN, Vocabulary

pytestmark = [pytest.mark.portable, pytest.mark.skipif(NODE is None, reason=NO_NODE)]

CLOSE = 1e-4
IDS = np.random.default_rng(1).integers(0, LETTERS.size, 1000)
FEW = 300  # symbols, of which a page computes what is compared; all of them in the longer proof
TEXT = LETTERS.decode(IDS[:FEW]) + "é"  # the model does not know the last one
BYTES = Vocabulary.of("né€🎻 abc\n", "byte")
CLUSTERS = Vocabulary(tuple(sorted({*"abe \n", "e\u0301", "👨\u200d👩\u200d👧", "न्दी"})), "grapheme")
RARE = Vocabulary((UNKNOWN, *LETTERS.symbols))
LINES = "ab cd\n\nfe\nhhhh, a\nb"

# Every cell, in each form that an option gives it; two layers, so that one reads the memory below.
MODELS = {name: {"cell": name} for name in CELLS}
MODELS |= {
    f"{name}, {key}={value}": {"cell": name, "cell_options": {key: value}}
    for name in CELLS
    for key, option in CELLS[name].options().items()
    for value in option.forms()
}
MODELS |= {
    "mixed": {"layers": [{"cell": "lstm", "hidden_size": 9}, {"cell": "gru", "hidden_size": 12}, {"cell": "mut1"}]},
    "below": {"layers": [{"cell": "memory_gated"}, {"cell": "depth_gated"}, {"cell": "grid"}]},
    "heads": {"cell": "gated_delta", "cell_options": {"heads": 3}},
    "many heads": {
        "cell": "ntm",
        "cell_options": {"read_heads": 2, "write_heads": 3, "places": 16, "width": 3, "shifts": 2},
    },
    "residual": {"cell": "lstm", "residual": True, "num_layers": 3},
    "tied": {"cell": "gru", "tied": True, "embedding_dim": None},
    "norm": {"cell": "gru", "block": {"norm": "rms"}},
    "conv": {"cell": "gru", "block": {"conv": 3}, "attention": {"window": 3}},
    "gate": {"cell": "gru", "block": {"gate": True}},
    "mlp": {"cell": "grid", "block": {"mlp": 2}, "residual": True, "embedding_dim": None},
    "blocks": {
        "cell": "lstm",
        "block": {"norm": "rms", "conv": 4, "gate": True, "mlp": 3},
        "residual": True,
        "embedding_dim": None,
    },
    "attention": {"cell": "lstm", "attention": {"window": 7}},
}
FORMS = {"float32": {}, "int8": {}}
VOCABULARIES = {
    "bytes": (BYTES, {"unit": "byte"}, "né€🎻 abc\nn\u00e9bb€" * 5),
    "clusters": (CLUSTERS, {"unit": "grapheme"}, "abe\u0301👨\u200d👩\u200d👧 न्दीन्दी\ne a" * 5),
    "rare": (RARE, {"min_count": 2}, "abc defg\n" * 5),
    "normalized": (LETTERS, {"normalize": ["lower"]}, "ABc\r\ndE\rf" * 5),
}


@pytest.fixture(scope="module")
def models():
    """Models by name, each with its vocabulary, the form of its weights and its settings of the text."""
    found = {name: (random_model(**model), LETTERS, "float16", {}) for name, model in MODELS.items()}
    found |= {form: (random_model(weights=form, cell="lstm"), LETTERS, form, {}) for form in FORMS}
    found |= {
        name: (random_model(own, cell="mut1"), own, "float16", text) for name, (own, text, _) in VOCABULARIES.items()
    }
    return found | {"records": (random_model(cell="gru"), LETTERS, "float16", {"records": True})}


@pytest.fixture(scope="module")
def answers(models, tmp_path_factory):
    return asked(questions_to(models, tmp_path_factory.mktemp("pages"), FEW))


@pytest.fixture(scope="module")
def long_answers(models, tmp_path_factory):
    return asked(questions_to(models, tmp_path_factory.mktemp("long"), len(IDS)))


def questions_to(models, folder, symbols):
    """For each model the file of its page, and what the page is asked about so many symbols."""
    ids = IDS[:symbols].tolist()
    write = {"ask": "write", "prompt": "ab", "seed": 3, "sample": 2, "length": 200, "temperature": 0.8, "topP": 1}
    questions = {}
    for name, (model, vocabulary, weights, text) in models.items():
        given = LINES if name == "records" else VOCABULARIES[name][2] if name in VOCABULARIES else TEXT
        own = [{"ask": "score", "text": given}, write, {**write, "prompt": "", "temperature": 1.2, "topP": 0.8}]
        if vocabulary is LETTERS:
            own += [{"ask": "logits", "ids": ids}, {"ask": "logits", "ids": ids, "engine": "JavaScript"}]
            own += [{"ask": "restored", "ids": ids[:40], "more": ids[40:60]}, {"ask": "values", "ids": ids[:20]}]
        questions[name] = (written(folder, name, model, vocabulary, weights, text), own)
    return questions


every_model = pytest.mark.parametrize("name", [*MODELS, *FORMS])
every_page = pytest.mark.parametrize("name", [*MODELS, *FORMS, *VOCABULARIES, "records"])


@pytest.mark.parametrize("asked", ["answers", pytest.param("long_answers", marks=pytest.mark.slow)])
@every_model
def test_both_engines_of_a_page_give_charlms_own_logits(name, asked, models, request):
    """The longer proof is of 1,000 symbols: what is rounded stays as small over many steps."""
    found_of = request.getfixturevalue(asked)[name]
    stepper = DefinitionStepper(models[name][0])
    state, expected = stepper.fresh(1), []
    symbols = len(found_of[3]["logits"])
    # after 900 of these, the heads of the ntm magnify what float32 rounds
    for symbol in IDS[: min(symbols, 500) if name == "ntm" else symbols]:
        logits, state = stepper.step(np.array([symbol]), state)
        expected.append(logits[0])
    for place, engine in ((3, "WebAssembly"), (4, "JavaScript")):
        found = found_of[place]
        assert found["engine"] == engine
        np.testing.assert_allclose(found["logits"][: len(expected)], expected, atol=CLOSE, rtol=0)


@every_model
def test_a_state_that_was_restored_goes_on_as_the_one_that_was_saved(name, answers):
    one, other = answers[name][5]
    assert one == other


@every_model
def test_a_page_shows_every_part_of_the_state_and_every_gate(name, models, answers):
    """Each that has a number for each unit, as the definition has it after the same symbols."""
    model = models[name][0]
    found = {(layer, value): np.array(numbers) for layer, value, numbers in answers[name][6]}
    stepper = DefinitionStepper(model)
    state = stepper.fresh(1)
    for symbol in IDS[:20]:
        _, state = stepper.step(np.array([symbol]), state)
    for number, layer in enumerate(model.layers):
        units = {name: value for name, value in state[number]._asdict().items() if value.shape[1] == layer.hidden_size}
        for field, value in units.items():
            np.testing.assert_allclose(found[number, field], value[0], atol=CLOSE)
        shown = {value for own, value in found if own == number}
        own_gates = [gate for gate in layer.cell.GATES if layer.reads_below or "depth" not in gate]
        assert shown >= set(own_gates)


@pytest.mark.parametrize("name", MODELS)
def test_a_page_shows_the_gates_and_the_output_that_the_definition_has(name, models, answers):
    """Of the lowest layer, if it reads the embedding as it is."""
    model = models[name][0]
    cell, read = model.layers[0].cell, model.layers[0].cell.step_weights(model.layer_weights[0])
    if model.connections.blocks:
        pytest.skip("its lowest layer reads what the block gives")
    state = cell.fresh_state(1, model.layers[0].input_size, model.layers[0].hidden_size, np.zeros(0, np.float32))
    for symbol in IDS[:20]:
        x = model.parameters["embedding.weight"][[symbol]]
        output, state, gates = cell.step(read, cell.project(read, x), state)
    found = {value: np.array(numbers) for layer, value, numbers in answers[name][6] if layer == 0}
    expected = gates if "h" in state._fields else {**gates, "out": output}
    for value, numbers in expected.items():
        np.testing.assert_allclose(found[value], numbers[0], atol=CLOSE)


@every_page
def test_the_score_of_a_text_is_that_of_eval(name, models, answers):
    model, vocabulary, _, text = models[name]
    found = answers[name][0]
    given = LINES if name == "records" else VOCABULARIES[name][2] if name in VOCABULARIES else TEXT
    if name == "normalized":
        given = given.replace("\r\n", "\n").replace("\r", "\n").lower()
    ids = vocabulary.encode(given, "skip").ids
    assert found["ids"] == ids.tolist()
    assert found["missing"] == (["é"] if given is TEXT else [])
    score = score_ids(NumpyScorer(model), ids, vocabulary.newline if text.get("records") else None)
    assert found["characters"] == score.characters
    assert found["nats"] == pytest.approx(score.nats, abs=1e-4 * score.characters, rel=1e-5)


@every_page
def test_a_seed_writes_what_charlm_sample_writes_with_the_same_weights(name, models, answers):
    model, vocabulary, _, text = models[name]
    end = vocabulary.newline if text.get("records") else None
    stepper = DefinitionStepper(model.without_writing(vocabulary.unknown_id))
    first = write_text(stepper, vocabulary, "ab", Decoding(0.8), length=200, seed=3, sample=2, end=end)
    other = write_text(stepper, vocabulary, "", Decoding(1.2, top_p=0.8), length=200, seed=3, sample=2, end=end)
    for ids, expected in ((answers[name][1], first), (answers[name][2], other)):
        ids = ids[: ids.index(end)] if end in ids else ids
        assert vocabulary.decode(ids) == expected
