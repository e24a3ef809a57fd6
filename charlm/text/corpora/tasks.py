"""Tasks for a memory, as lines: what is given, the mark `>`, and the answer. Knows no files and no model.

    copy          abda>abda                   the same again
    repeat-copy   abd*3>abdabdabd.            the same so many times, and a full stop
    recall        abc|dba|ccd?abc>dba         the item that follows the one asked for
    sort          c17b84a05>bc                letters by their numbers, the largest first, and not all of them
    ngram         01011>0100...               bits, each with the probability that the five before it have in this line

They are those of Graves, Wayne and Danihelka (2014), written in letters. The answers of the first four follow from what
is given: the best possible model pays 0 bits. In `ngram` nobody knows the probabilities, only that each is drawn from
Beta(1/2, 1/2); ngram_bits has what the best possible model pays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charlm.errors import UsageError
from charlm.randomness import named_stream

MARK = ">"
ITEM, ASKED = 3, "?"  # letters of an item of recall, and what comes before the one asked for
CONTEXT = 5  # bits of a context of ngram
LARGEST = 10**9  # characters of a text
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Range:
    """Whole numbers from `low` to `high`, drawn evenly."""

    low: int
    high: int

    def drawn(self, rng: np.random.Generator) -> int:
        return int(rng.integers(self.low, self.high + 1))

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


def parse_range(given: str, option: str, low: int, high: int) -> Range:
    """`20`, or `1-20`. Raises UsageError if it is none, or leaves the numbers from `low` to `high`."""
    first, dash, last = given.strip().partition("-")
    if not (first.isascii() and first.isdigit() and (not dash or (last.isascii() and last.isdigit()))):
        raise UsageError(f"{given!r} is no number and no range", option, f"Give {option} 20, or {option} 1-20.")
    found = Range(int(first), int(last or first))
    if not low <= found.low <= found.high <= high:
        raise UsageError(
            f"{given} is not within {low} to {high:,}",
            option,
            f"Give numbers from {low} to {high:,}, the smaller first.",
        )
    return found


def copy_lines(rng: np.random.Generator, alphabet: str, length: Range) -> Iterator[str]:
    while True:
        word = _letters(rng, alphabet, length.drawn(rng))
        yield f"{word}{MARK}{word}"


def repeat_copy_lines(rng: np.random.Generator, alphabet: str, length: Range, times: Range) -> Iterator[str]:
    while True:
        word, count = _letters(rng, alphabet, length.drawn(rng)), times.drawn(rng)
        yield f"{word}*{count}{MARK}{word * count}."


def recall_lines(rng: np.random.Generator, alphabet: str, items: Range) -> Iterator[str]:
    """The items of a line differ, so that one answer is right."""
    while True:
        drawn = rng.choice(len(alphabet) ** ITEM, size=items.drawn(rng), replace=False).tolist()
        words = [_in_letters(number, alphabet) for number in drawn]
        asked = int(rng.integers(len(words) - 1))
        yield f"{'|'.join(words)}{ASKED}{words[asked]}{MARK}{words[asked + 1]}"


def sort_lines(rng: np.random.Generator, alphabet: str, items: Range, share: float) -> Iterator[str]:
    """Numbers of two digits, all different. The answer has this share of the items, rounded."""
    while True:
        count = items.drawn(rng)
        numbers = rng.choice(100, size=count, replace=False)
        letters = _letters(rng, alphabet, count)
        given = "".join(f"{letter}{number:02d}" for letter, number in zip(letters, numbers.tolist(), strict=True))
        first = np.argsort(-numbers)[: max(1, round(share * count))].tolist()
        yield f"{given}{MARK}{''.join(letters[place] for place in first)}"


def ngram_lines(rng: np.random.Generator, bits: int) -> Iterator[str]:
    """Lines of `bits` bits; the mark stands after the first five."""
    while True:
        ones = rng.beta(0.5, 0.5, size=2**CONTEXT)
        line, uniforms = rng.integers(2, size=CONTEXT).tolist(), rng.random(bits - CONTEXT).tolist()
        context = int("".join(map(str, line)), 2)
        for uniform in uniforms:
            bit = int(uniform < ones[context])
            line.append(bit)
            context = (2 * context + bit) % 2**CONTEXT
        text = "".join(map(str, line))
        yield f"{text[:CONTEXT]}{MARK}{text[CONTEXT:]}"


def ngram_bits(line: str) -> float:
    """What the best possible model pays for the answer in a line of `ngram`, in bits.

    After N0 zeros and N1 ones in the same context, a one has the probability (N1 + 1/2) / (N0 + N1 + 1): the mean of
    Beta(1/2, 1/2) after these counts (Murphy 2012). Raises ValueError if it is no such line.
    """
    given, mark, answer = line.partition(MARK)
    if not mark or len(given) != CONTEXT or not set(given + answer) <= {"0", "1"} or not answer:
        raise ValueError(f"{line[:40]!r} is no line of ngram")
    counts = np.full((2**CONTEXT, 2), 0.5)
    context, bits = int(given, 2), 0.0
    for bit in map(int, answer):
        bits -= float(np.log2(counts[context, bit] / counts[context].sum()))
        counts[context, bit] += 1
        context = (2 * context + bit) % 2**CONTEXT
    return bits


def guessing_bits(text: str, symbols: int) -> float:
    """What who guesses among so many symbols pays for the answers of a text, in bits a line."""
    answers = [line.partition(MARK)[2] for line in text.splitlines()]
    return math.log2(symbols) * sum(map(len, answers)) / len(answers)


def optimal_bits(task: str, text: str) -> float:
    """What the best possible model pays for them: nothing, but in `ngram`."""
    lines = text.splitlines()
    return sum(map(ngram_bits, lines)) / len(lines) if task == "ngram" else 0.0


def task_text(task: str, make: Callable[[np.random.Generator], Iterator[str]], lines: int, seed: int) -> str:
    """So many lines of a task, each ended. Raises UsageError for invalid sizes."""
    if lines < 1:
        raise UsageError("The text has no lines", f"--lines {lines}", "Give 1 or more.")
    if seed < 0:
        raise UsageError("The seed is negative", f"--seed {seed}", "Give 0 or more.")
    made: list[str] = []
    size, source = 0, make(named_stream(seed, task))
    for _ in range(lines):
        made.append(next(source))
        size += len(made[-1]) + 1
        if size > LARGEST:
            what = f"The text would have more than {LARGEST:,} characters"
            raise UsageError(what, f"--lines {lines}", "Give fewer lines, or shorter ones.")
    return "".join(f"{line}\n" for line in made)


def check_alphabet(letters: int, least: int = 2) -> str:
    """The first letters of the alphabet. Raises UsageError for too few or too many."""
    if not least <= letters <= len(LETTERS):
        where = f"--letters {letters}"
        raise UsageError(f"An alphabet has {least} to {len(LETTERS)} letters here", where, "Give such a number.")
    return LETTERS[:letters]


def _letters(rng: np.random.Generator, alphabet: str, count: int) -> str:
    return _joined(alphabet, rng.integers(len(alphabet), size=count).tolist())


def _joined(alphabet: str, numbers: Sequence[int]) -> str:
    return "".join([alphabet[number] for number in numbers])


def _in_letters(number: int, alphabet: str) -> str:
    """A word of ITEM letters for each number."""
    return _joined(alphabet, [number // len(alphabet) ** place % len(alphabet) for place in range(ITEM)])
