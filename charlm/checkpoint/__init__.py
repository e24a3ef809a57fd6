"""Checkpoints: a folder with a trained model, sufficient by itself to sample, to score and to resume training.

safetensors for arrays and JSON for the rest: nothing in them is ever executed. Knows no torch.
"""

from charlm.checkpoint.contents import Checkpoint, Scores
from charlm.checkpoint.reading import load_checkpoint, load_training_arrays
from charlm.checkpoint.writing import write_checkpoint

__all__ = ["Checkpoint", "Scores", "load_checkpoint", "load_training_arrays", "write_checkpoint"]
