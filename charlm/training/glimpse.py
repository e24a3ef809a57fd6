"""A short sample of a model in training, for a person to see what it has learnt so far. Leaves no trace in the training."""

from __future__ import annotations

from charlm.model.stepping import Stepper
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import generate, random_stream, read
from charlm.text.vocabulary import Vocabulary
from charlm.training.trainee import Trainee

TEMPERATURE = 0.8
