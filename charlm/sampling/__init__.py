"""Sampling: decoding rules as pure functions on logits, and generation by them. Knows no torch and no training."""
