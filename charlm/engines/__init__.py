"""Engines: the fast ways to run what cells/ and model/ define. A law compares each of them with the definition.

`choosing` is the one file that decides which engine does a job. Knows no training, no checkpoints and no terminal.
"""
