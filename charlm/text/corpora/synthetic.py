"""Synthetic texts whose best possible score is known exactly. Knows no files and no model.

A line of `recall` is a key, a gap of noise, a question mark, the key again, a newline:

    Cabdacb?C

Key and noise are drawn uniformly, so the best possible model scores the logarithm of the number of choices for each.
To answer, a network has to carry three bits over the gap, past symbols without information (the long time lag problems
of Hochreiter and Schmidhuber 1997, as one text).
"""

from __future__ import annotations

import math

from charlm.errors import UsageError
from charlm.randomness import named_stream

KEYS = "ABCDEFGH"
NOISE = "abcd"
QUESTION = "?"
FRAME = 4  # characters of a line beside the gap: key, question, answer, newline
LARGEST = 10**9  # characters


def recall_text(gap: int, lines: int, seed: int) -> str:
    """`lines` lines of `gap` + 4 characters. Raises UsageError for invalid sizes."""
    check_sizes(gap, lines, seed)
    rng = named_stream(seed, "recall")
    keys = _symbols(KEYS, rng.integers(len(KEYS), size=lines).tolist())
    noise = _symbols(NOISE, rng.integers(len(NOISE), size=lines * gap).tolist())
    return "".join(f"{key}{noise[line * gap : (line + 1) * gap]}{QUESTION}{key}\n" for line, key in enumerate(keys))


def _symbols(alphabet: str, numbers: list[int]) -> str:
    return "".join([alphabet[number] for number in numbers])


def optimal_nats(gap: int) -> float:
    """Nats per character of the best possible model: only the key and the noise cannot be predicted."""
    return (math.log(len(KEYS)) + gap * math.log(len(NOISE))) / (gap + FRAME)


def nats_without_memory(gap: int) -> float:
    """Nats per character of the best model that has forgotten the key by the time it is asked for."""
    return optimal_nats(gap) + math.log(len(KEYS)) / (gap + FRAME)


def check_sizes(gap: int, lines: int, seed: int) -> None:
    """Raises UsageError for invalid sizes."""
    if gap < 0:
        raise UsageError("The gap is negative", f"--gap {gap}", "Give 0 or more.")
    if lines < 1:
        raise UsageError("The text has no lines", f"--lines {lines}", "Give 1 or more.")
    if seed < 0:
        raise UsageError("The seed is negative", f"--seed {seed}", "Give 0 or more.")
    if lines * (gap + FRAME) > LARGEST:
        size = lines * (gap + FRAME)
        raise UsageError(
            f"The text would have {size:,} characters, more than {LARGEST:,}",
            f"--gap {gap} --lines {lines}",
            "Give fewer lines, or a shorter gap.",
        )
