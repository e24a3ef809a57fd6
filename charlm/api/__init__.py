"""The library's front door: load, train, resume, sample and score, each in one call, as `charlm.load` and so on.

Names of runs, folders and checkpoints mean the same as on the command line. In a notebook a training is shown while it
runs, and a training or a model that ends a cell is shown as a card (charlm/notebook). Knows no terminal.
"""

from charlm.api.models import load
from charlm.api.sampling import sample
from charlm.api.scoring import score
from charlm.api.training import resume, train

__all__ = ["load", "resume", "sample", "score", "train"]
