"""What settings meant before they existed: for the files of older runs, which name every setting of their time.

Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping

BEFORE_IT_EXISTED: Mapping[str, object] = {"text.split": "contiguous", "text.strip": "none"}


def older_values(section: str) -> dict[str, object]:
    """The same by their names within a section."""
    dotted = {tuple(name.split(".")): value for name, value in BEFORE_IT_EXISTED.items()}
    return {key: value for (of, key), value in dotted.items() if of == section}
