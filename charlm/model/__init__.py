"""The language model: its parameters, and the way from ids to logits. Knows no text and no training.

Parameters are a plain mapping from names to arrays, so that one definition serves both engines: torch tensors to train
with, numpy arrays to sample and score with.
"""
