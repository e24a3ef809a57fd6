"""The benchmark: characters per second on this machine, beside plain PyTorch and beside what the hardware allows.

timing     jobs timed in turn, round after round
subject    what is timed: models by size, on texts of random characters
updates    whole training steps, and the same as a short script of one's own would make them
streams    characters drawn and fed back, one stream or many
scores     the exact score of a text, and the same read as one stream
laps       where the time of an update goes, by part
rows       all figures of a cell and size, as the command line tells them
products   the matrix products that a model cannot do without, by shape
hardware   what those products, and reading that much memory, take here when nothing else is done
"""

from charlm.benchmark.training_job import training_speed

__all__ = ["training_speed"]
