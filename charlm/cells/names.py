"""The names of the cells in the order of their table, for tab completion, which imports no numpy. Knows no cell."""

from __future__ import annotations

CELL_NAMES = (
    "rnn",
    "lstm97",
    "lstm",
    "peephole",
    "cifg",
    "gru",
    "memory_gated",
    "depth_gated",
    "clockwork",
    "grid",
    "mut1",
    "multiplicative",
    "highway",
    "mogrifier",
    "slstm",
    "qrnn",
    "sru",
    "rg_lru",
    "min_gru",
    "min_lstm",
    "matrix_lstm",
    "gated_delta",
    "ntm",
)  # a test compares them with the table
