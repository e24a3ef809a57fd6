"""Models with latent variables: what they are, their bounds, and how they write. Knows no training and no terminal.

ln p(x) of such a model is an integral that nobody can compute; each number here is a bound of it. Arrays are numpy's or
torch's, as in cells/ and model/: one definition serves both.
"""
