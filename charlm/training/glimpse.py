"""A short sample of a model in training, for a person to see what it has learnt. Leaves no trace in the training."""

from __future__ import annotations

from charlm.config.settings import Settings
from charlm.model.stepping import stepper
from charlm.sampling.writing import write_text
from charlm.text.vocabulary import Vocabulary
from charlm.training.trainee import Trainee


def glimpse(trainee: Trainee, vocabulary: Vocabulary, settings: Settings, step: int) -> str:
    """`training.sample_length` characters from a fresh state, drawn from random numbers of this step's own.

    The end of a record does not end a glimpse: several short records say more than one.
    """
    length = settings.training.sample_length
    return write_text(
        stepper(trainee.parameters(), settings.model),
        vocabulary,
        length=length,
        seed=settings.training.seed,
        sample=step,
    )
