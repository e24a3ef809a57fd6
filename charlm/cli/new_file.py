"""A file that a command writes and that must not exist yet. No command."""

from __future__ import annotations

from pathlib import Path


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet. Raises UsageError if it does, or cannot be written."""
    from charlm.errors import UsageError

    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(
            "This file exists already", str(path), "Name another file, or remove this one first."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"The text cannot be written: {reason}", str(path), "Name another file.") from None
