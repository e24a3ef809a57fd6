"""The language model: its parameters, and the path from ids to logits. Knows no text and no training.

Parameters are a plain mapping from names to arrays, so that one definition serves both engines: torch tensors for
training, numpy arrays for sampling and scoring.
"""
