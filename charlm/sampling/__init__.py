"""Sampling: decoding rules as pure functions on logits, and generation with them. Knows no torch and no training."""
