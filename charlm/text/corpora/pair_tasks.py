"""Made texts of pairs, `source<TAB>target`: tasks that a model can learn exactly. Knows no model.

The lines of a text differ, as long as the task has enough of them, so no source has two targets.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charlm.errors import UsageError

if TYPE_CHECKING:  # commands read this table before they run, and need no numpy then
    import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
         (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip
MOST_ROMAN = 3999  # larger numbers need other signs
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
TRIES = 20  # draws for each line that is asked for, before the task has no more


def reversal(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`abc` -> `cba`, of 1 to `length` letters."""
    word = _word(rng, length)
    return word, word[::-1]


def copying(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`abc` -> `abc`."""
    word = _word(rng, length)
    return word, word


def addition(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`123+45` -> `168`, of numbers of up to `length` digits."""
    one, other = (int(rng.integers(10 ** int(rng.integers(1, length + 1)))) for _ in range(2))
    return f"{one}+{other}", str(one + other)


def date(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`3 Nov 1998`, `November 3, 1998`, `03/11/98` and others -> `1998-11-03`."""
    day = FIRST_DAY + datetime.timedelta(int(rng.integers((LAST_DAY - FIRST_DAY).days + 1)))
    month = MONTHS[day.month - 1]
    forms = (
        f"{day.day} {month} {day.year}", f"{day.day} {month[:3]} {day.year}", f"{month} {day.day}, {day.year}",
        f"{month[:3]} {day.day}, {day.year}", f"{day.day}.{day.month}.{day.year}", f"{day.month}/{day.day}/{day.year}",
        f"{day.year} {month} {day.day}",
    )  # fmt: skip
    return forms[int(rng.integers(len(forms)))], day.isoformat()


def roman(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`1998` -> `MCMXCVIII`."""
    number = int(rng.integers(1, MOST_ROMAN + 1))
    return str(number), roman_numeral(number)


def letter_case(rng: np.random.Generator, length: int) -> tuple[str, str]:
    """`Snake_Case` -> `sNAKE_cASE`: each letter in the other case, of 1 to `length` characters."""
    word = "".join(
        letter.upper() if upper else letter
        for letter, upper in zip(_word(rng, length, f"{LETTERS}_"), rng.random(length) < 0.5, strict=False)
    )
    return word, word.swapcase()


@dataclass(frozen=True)
class PairMaker:
    """A task: what makes a line from the longest length, what that length means, and its usual value."""

    make: Callable[[np.random.Generator, int], tuple[str, str]]
    about: str
    length: str = ""  # empty: the lines have no length to choose
    usual: int = 0


TASKS: Mapping[str, PairMaker] = {
    "reverse": PairMaker(reversal, "letters, and the same from the end: abc, cba", "letters", 10),
    "copy-pairs": PairMaker(copying, "letters, and the same again: abc, abc", "letters", 10),
    "sums": PairMaker(addition, "a sum, and its result: 123+45, 168", "digits of a number", 3),
    "dates": PairMaker(date, "a date as people write it, and as machines do: 3 Nov 1998, 1998-11-03"),
    "roman": PairMaker(roman, "a number, and the same in Roman numerals: 1998, MCMXCVIII"),
    "case": PairMaker(letter_case, "letters, and the same in the other case: Abc, aBC", "characters", 10),
}


def pair_text(task: str, lines: int, seed: int, length: int | None = None) -> str:
    """So many lines of a task, all different; fewer if it has no more. Raises UsageError for impossible values."""
    from charlm.randomness import named_stream

    maker = TASKS[task]
    if not 1 <= lines <= 10_000_000:
        raise UsageError(f"--lines cannot be {lines}", f"--lines {lines}", "Give a number from 1 to 10,000,000.")
    longest = maker.usual if length is None else length
    most = 18 if task == "sums" else 1000
    if maker.length and not 1 <= longest <= most:
        raise UsageError(f"--length cannot be {longest}", f"--length {longest}", f"Give a number from 1 to {most:,}.")
    rng, made = named_stream(seed, "pairs", task), dict[str, str]()
    for _ in range(TRIES * lines):
        source, target = maker.make(rng, longest)
        made.setdefault(source, target)
        if len(made) == lines:
            break
    return "".join(f"{source}\t{target}\n" for source, target in made.items())


def roman_numeral(number: int) -> str:
    """The Roman numeral of a number from 1 to MOST_ROMAN."""
    written = ""
    for value, sign in ROMAN:
        written += sign * (number // value)
        number %= value
    return written


def _word(rng: np.random.Generator, length: int, letters: str = LETTERS) -> str:
    return "".join(letters[at] for at in rng.integers(len(letters), size=int(rng.integers(1, length + 1))))
