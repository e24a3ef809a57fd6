"""Pairs: a model reads a source and writes a target for it. Knows no torch and no training.

A text of pairs has lines `source<TAB>target`. `model.py` is the model; `pair_text.py` and `pair_lanes.py` cut a text
for it, `converting.py` writes targets, `scoring.py` says how good they are.
"""
