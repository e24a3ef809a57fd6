"""Inspection: the gates and gradients of a trained model. Knows no training, no files and no terminal."""
