"""Texts that are made, with an optimum that is known exactly. Knows no files and no model.

A line of `recall` is a key, a gap of noise, a question mark, the key again, a newline:

    Cabdacb?C

Every symbol that is drawn is drawn uniformly, so what the best possible model pays for it is a logarithm. To answer, a
network has to carry three bits over the gap, past symbols that tell it nothing (the long time lag problems of
Hochreiter and Schmidhuber 1997, as one text).
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
    """The text, `lines` lines of `gap` + 4 characters. Raises UsageError for sizes that cannot be."""
    check_sizes(gap, lines, seed)
    rng = named_stream(seed, "recall")
    keys = _drawn(KEYS, rng.integers(len(KEYS), size=lines).tolist())
    noise = _drawn(NOISE, rng.integers(len(NOISE), size=lines * gap).tolist())
    return "".join(f"{key}{noise[line * gap : (line + 1) * gap]}{QUESTION}{key}\n" for line, key in enumerate(keys))


def _drawn(alphabet: str, numbers: list[int]) -> str:
    return "".join([alphabet[number] for number in numbers])


def optimal_nats(gap: int) -> float:
    """Nats per character of the best possible model: the key and the noise are news, and nothing else is."""
    return (math.log(len(KEYS)) + gap * math.log(len(NOISE))) / (gap + FRAME)


def nats_without_memory(gap: int) -> float:
    """Nats per character of the best model that no longer knows the key when it is asked for, but all else."""
    return optimal_nats(gap) + math.log(len(KEYS)) / (gap + FRAME)


def check_sizes(gap: int, lines: int, seed: int) -> None:
    """Raises UsageError for sizes that cannot be."""
    if gap < 0:
        raise UsageError("A gap has no negative length", f"--gap {gap}", "Give 0 or more.")
    if lines < 1:
        raise UsageError("A text has at least one line", f"--lines {lines}", "Give 1 or more.")
    if seed < 0:
        raise UsageError("A seed is not negative", f"--seed {seed}", "Give 0 or more.")
    if lines * (gap + FRAME) > LARGEST:
        size = lines * (gap + FRAME)
        raise UsageError(
            f"The text would have {size:,} characters, more than {LARGEST:,}",
            f"--gap {gap} --lines {lines}",
            "Give fewer lines, or a shorter gap.",
        )
