"""A model in the forms of other programs, and models of other programs as runs.

Knows no terminal, no training and no sampling.
"""
