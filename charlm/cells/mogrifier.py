"""The mogrifier (Melis, Kocisky and Blunsom 2020): an lstm whose input and output gate each other before each step.

    x = 2 sigma(Q_i h) * x                  in round i = 1, 3, 5, ...
    h = 2 sigma(R_i x) * h                  in round i = 2, 4, 6, ...
    i, f, o = sigma(W x + U h + b)          the gates of an lstm, which read what comes of the rounds
    g = tanh(W_g x + U_g h + b_g)           candidate
    c' = f * c + i * g                      memory
    h' = o * tanh(c')                       output

So what a symbol means to the gates depends on what came before it. It is the lstm with the option `rounds` (lstm.py);
rounds.py says how the rounds' matrices are stored, and what is done with an x that is not as wide as the layer. Q_i and
R_i start at 0, where it is an lstm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from charlm.cells.lstm import LSTM
from charlm.cells.option import as_field
from charlm.cells.rounds import ROUNDS


@dataclass(frozen=True)
class Mogrifier(LSTM):
    TITLE = "Mogrifier"
    PAPER = "Melis, Kocisky and Blunsom 2020, Mogrifier LSTM"
    FAMILY = "multiplicative"
    FORMS = ({"rounds": 5, "rank": 0},)

    rounds: int = as_field(replace(ROUNDS, default=4))
