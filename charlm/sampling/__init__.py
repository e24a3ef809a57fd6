"""Sampling: how a model writes, from the logits of one symbol to whole texts. Knows no torch and no training."""
