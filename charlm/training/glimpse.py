"""A short sample of a model in training, for a person to see what it has learnt. Leaves no trace in the training."""

from __future__ import annotations

from charlm.config.settings import Settings
from charlm.model.stepping import Stepper
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import random_stream, read
from charlm.sampling.writing import opening, write
from charlm.text.vocabulary import Vocabulary
from charlm.training.trainee import Trainee


def glimpse(trainee: Trainee, vocabulary: Vocabulary, settings: Settings, step: int) -> str:
    """`training.sample_length` characters from a fresh state, drawn from a random stream of this step's own."""
    stepper = Stepper(trainee.parameters(), settings.model)
    start = read(stepper, opening(vocabulary, vocabulary.encode("").ids, settings.text.records))
    # the end of a record does not end a glimpse: several short records say more than one
    pieces = write(
        stepper, vocabulary, start, Decoding(), settings.training.sample_length,
        random_stream(settings.training.seed, step),
    )  # fmt: skip
    return "".join(piece.text for piece in pieces)
