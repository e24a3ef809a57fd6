"""Jobs and the thread that draws, without HTTP: models that cannot share a batch, that fail, or whose scores do."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from charlm.errors import IntegrityError
from charlm.model.state import take_rows
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writing import write_text
from charlm.service.counters import Counters
from charlm.service.drawing import Drawing, FullError, Job, LateError
from charlm.service.limits import Limits
from charlm.service.row import Asked
from charlm.service.served import Prompt
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("abcdef\n")


class Table:
    """Logits by the symbol read, without a state. It fails when it reads `poison`, and is not finite after `lost`."""

    batch_invariant = True

    def __init__(self, poison=None, lost=None):
        self.table = np.random.default_rng(1).normal(size=(VOCABULARY.size,) * 2).astype(np.float32)
        if lost is not None:
            self.table[VOCABULARY.symbols.index(lost)] = np.nan
        self.poison = None if poison is None else VOCABULARY.symbols.index(poison)
        self.widths = []
        self.gate = threading.Event()
        self.gate.set()

    def fresh(self, rows):
        return ()

    def step(self, ids, state):
        self.gate.wait(20)
        self.widths.append(len(ids))
        if self.poison in ids:
            raise MemoryError("none left")
        return self.table[ids], take_rows(state, ids)


class Alone(Table):
    batch_invariant = False


@pytest.fixture
def drawing():
    made = Drawing(Limits(rows=8, waiting=2, drawing=30), Counters())
    made.start()
    yield made
    made.stop()


class Asking:
    """A job, and what became of it."""

    def __init__(self, drawing, model, prompt="a", *, count=1, length=30, decoding=None, name="model"):
        served = SimpleNamespace(name=name, model=model, end=None, checkpoint=SimpleNamespace(vocabulary=VOCABULARY))
        ids = tuple(VOCABULARY.encode(prompt, "skip").ids.tolist())
        self.pieces, self.ended = [], threading.Event()
        asked = Asked(decoding or Decoding(temperature=1.0, top_k=5), length)
        self.job = Job(served, [Prompt(ids, len(ids), {})], count, 3, asked, False, self.receive)
        drawing.submit(self.job)

    def receive(self, pieces):
        self.pieces += pieces
        if self.job.over:
            self.ended.set()

    def texts(self):
        assert self.ended.wait(20)
        return [
            "".join(piece.text for piece in self.pieces if piece.number == number) for number in range(self.job.count)
        ]

    @property
    def errors(self):
        assert self.ended.wait(20)
        return [piece.error for piece in self.pieces if piece.error]


def alone(model, prompt, number, decoding):
    return write_text(model, VOCABULARY, prompt, decoding, length=30, seed=3, sample=number)


@pytest.mark.parametrize("made", [Table, Alone])
@pytest.mark.parametrize("decoding", [Decoding(temperature=1.0), Decoding(temperature=0.7, top_p=0.9, no_repeat=None)])
def test_texts_are_those_of_one_row(drawing, made, decoding):
    model = made()
    asked = [Asking(drawing, model, prompt, count=3, decoding=decoding) for prompt in ("a", "fab")]
    for asking, prompt in zip(asked, ("a", "fab"), strict=True):
        assert asking.texts() == [alone(model, prompt, number, decoding) for number in range(3)]


def test_a_model_that_is_not_batch_invariant_steps_row_by_row(drawing):
    model = Alone()
    Asking(drawing, model, count=4).texts()
    assert set(model.widths) == {1}


def test_a_model_that_fails_ends_its_own_texts_alone(drawing):
    failing, sound = Table(poison="b"), Table()
    broken, fine = Asking(drawing, failing, "ab", name="failing"), Asking(drawing, sound)
    assert [str(error) for error in broken.errors] == ["MemoryError: none left"]
    assert len(fine.texts()[0]) == 30
    assert len(Asking(drawing, failing, "a", length=0, name="failing").texts()) == 1


def test_scores_that_are_not_finite_are_an_error_of_the_text(drawing):
    assert isinstance(Asking(drawing, Table(lost="a"), "a").errors[0], IntegrityError)


def test_a_job_that_is_given_up_frees_its_rows(drawing):
    model = Table()
    model.gate.clear()
    long = Asking(drawing, model, count=8, length=10_000)
    short = Asking(drawing, model, count=8, length=3)
    drawing.give_up(long.job)
    model.gate.set()
    assert [len(text) for text in short.texts()] == [3] * 8
    assert drawing.waiting == 0


def test_a_job_too_many_is_refused(drawing):
    model = Table()
    model.gate.clear()
    long = Asking(drawing, model, count=8, length=10_000)
    while drawing.waiting:
        pass
    for _ in range(2):
        Asking(drawing, model)
    with pytest.raises(FullError, match="wait already"):
        Asking(drawing, model)
    model.gate.set()
    drawing.give_up(long.job)


def test_a_job_ends_at_its_time():
    drawing = Drawing(Limits(rows=1, drawing=0.05), Counters())
    drawing.start()
    long = Asking(drawing, Table(), length=10**8)
    waits = Asking(drawing, Table())
    assert isinstance(long.errors[0], LateError)
    assert isinstance(waits.errors[0], FullError)
    drawing.stop()
