"""The laws of sampling: the same seed gives the same text, streamed, alone, with others, or through the library; and
a CPU needs no torch for it. The models are real and untrained."""

import subprocess
import sys

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import parameter_shapes
from charlm.model.stepping import DefinitionStepper
from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import Wanted, write_samples, write_text
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


def fragments(model, sample):
    """Sample number `sample` under the seed 7, streamed."""
    after = read(model, VOCABULARY.encode("abc").ids.tolist())
    return next(write_samples(model, VOCABULARY, after, Wanted(DECODING, 60), 7, range(sample, sample + 1)))


def test_the_same_seed_is_the_same_text_streamed_or_through_the_library(model):
    for sample in range(3):
        streamed = "".join(fragment.text for fragment in fragments(model, sample))
        assert streamed == write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7, sample=sample)
        assert len(streamed) == 60


def test_a_sample_is_the_same_alone_and_interleaved_with_others(model):
    alone = ["".join(fragment.text for fragment in fragments(model, sample)) for sample in range(3)]
    together = ["", "", ""]
    for rows in zip(*(fragments(model, sample) for sample in range(3)), strict=True):
        together = [text + fragment.text for text, fragment in zip(together, rows, strict=True)]
    assert together == alone
    assert len(set(alone)) == 3


def test_a_longer_sample_begins_with_the_shorter_one(model):
    short, long = (write_text(model, VOCABULARY, "abc", DECODING, length=length, seed=7) for length in (20, 60))
    assert long.startswith(short)


def test_a_stop_text_does_not_change_the_text_before_it(model):
    whole = write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7)
    stop = whole[30:33]
    stopped = write_text(model, VOCABULARY, "abc", DECODING, length=60, seed=7, stops=[stop])
    assert stopped == whole[: whole.index(stop)]


def test_sampling_leaves_the_global_random_state_alone(model):
    np.random.seed(3)
    before = np.random.get_state()
    write_text(model, VOCABULARY, "", DECODING, length=20, seed=7)
    after = np.random.get_state()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_samples_that_continue_one_reading_do_not_change_it(model):
    after = read(model, [1, 2, 3])
    wanted = Wanted(DECODING, 30)

    def texts():
        samples = write_samples(model, VOCABULARY, after, wanted, 1, range(2))
        return ["".join(fragment.text for fragment in sample) for sample in samples]

    first = texts()
    assert texts() == first


def test_sampling_does_not_import_torch():
    code = (
        "import sys, charlm.cli.sample, charlm.checkpoint, charlm.sampling.writing, charlm.model.stepping; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in {'torch', 'rich', 'matplotlib'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
