"""Engines: the fast ways to run what cells/ and model/ define, each held to the definition by a law.

`choosing` is the one file that decides which engine does a job, and the only one that imports them. Knows no training,
no checkpoints and no terminal.
"""
