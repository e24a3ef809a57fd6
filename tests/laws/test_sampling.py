"""The law of sampling: the same seed gives the same text, streamed, alone, among many, or through the library; and
no torch is needed for it on a CPU. The model is a real one, untrained: nothing here depends on what it has learnt."""

import subprocess
import sys

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import parameter_shapes
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import generate, random_stream, read
from charlm.sampling.writing import write, write_text
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("abcdefghij klmnop\n")
DECODING = Decoding(temperature=1.0, top_p=0.95, repetition_penalty=1.1)


@pytest.fixture(scope="module", params=["lstm", "gru", "rnn"])
def model(request):
    settings = ModelSettings(cell=request.param, hidden_size=24, num_layers=2)
    random = np.random.default_rng(0)
    sizes = parameter_shapes(settings, VOCABULARY.size)
    parameters = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in sizes.items()}
    return DefinitionStepper(LanguageModel(settings, parameters))


def pieces(model, sample, seed=7, length=60):
    after = read(model, VOCABULARY.encode("abc").ids.tolist())
    return write(model, VOCABULARY, after, DECODING, length, random_stream(seed, sample))


def test_the_same_seed_is_the_same_text_streamed_or_through_the_library(model):
    for sample in range(3):
        streamed = "".join(piece.text for piece in pieces(model, sample))
        assert streamed == write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7, sample=sample)
        assert len(streamed) == 60


def test_a_sample_is_the_same_alone_and_interleaved_with_others(model):
    alone = ["".join(piece.text for piece in pieces(model, sample)) for sample in range(3)]
    together = ["", "", ""]
    for rows in zip(*(pieces(model, sample) for sample in range(3)), strict=True):
        together = [text + piece.text for text, piece in zip(together, rows, strict=True)]
    assert together == alone
    assert len(set(alone)) == 3


def test_a_longer_sample_begins_with_the_shorter_one(model):
    short, long = (write_text(model, VOCABULARY, "abc", DECODING, length=length, seed=7) for length in (20, 60))
    assert long.startswith(short)


def test_a_stop_text_changes_nothing_before_it(model):
    whole = write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7)
    stop = whole[30:33]
    stopped = write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7, stops=[stop])
    assert stopped == whole[: whole.index(stop)]


def test_sampling_touches_no_random_state_but_its_own(model):
    np.random.seed(3)
    before = np.random.get_state()
    write_text(model, VOCABULARY, "", DECODING, length=20, seed=7)
    after = np.random.get_state()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_several_samples_go_on_from_one_reading_without_disturbing_it(model):
    after = read(model, [1, 2, 3])
    first = list(generate(model, after, DECODING, 30, random_stream(1, 0)))
    list(generate(model, after, DECODING, 30, random_stream(1, 1)))
    assert list(generate(model, after, DECODING, 30, random_stream(1, 0))) == first


def test_the_rooms_of_sampling_do_not_import_torch():
    code = (
        "import sys, charlm.cli.sample, charlm.checkpoint, charlm.sampling.writing, charlm.model.stepping; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in {'torch', 'rich', 'matplotlib'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
