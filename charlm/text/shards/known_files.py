"""The files of a text with their checksums, kept under the sha256 of the text: so a file that has changed has a name.

Knows no run and no settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path

from charlm.text import cache
from charlm.text.files.source_file import SourceFile

MOST_NAMED = 3  # files in a message
DIGITS = 12  # of a sha256 in a message


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The name of a file of a text, and the size and sha256 of its bytes, unpacked."""

    label: str
    size: int
    sha256: str

    @classmethod
    def of(cls, file: SourceFile) -> KnownFile:
        """A file that is measured."""
        return cls(file.label, file.unpacked_size or 0, str(file.sha256))


def keep_files(sha256: str, files: Iterable[KnownFile]) -> tuple[KnownFile, ...]:
    """The files of the text with that sha256, after they are kept in the cache, if there are several."""
    known = tuple(files)
    content = json.dumps([[file.label, file.size, file.sha256] for file in known]).encode()
    path = _path(sha256)
    with suppress(OSError):  # without it messages say less
        if len(known) > 1 and (not path.exists() or path.stat().st_size != len(content)):
            cache.write_atomically(path, [content])
    return known


def kept_files(sha256: str) -> list[KnownFile]:
    """The files of the text with that sha256, as they were when it was last read; none if that is not known."""
    try:
        return [
            KnownFile(str(label), int(size), str(digest))
            for label, size, digest in json.loads(_path(sha256).read_bytes())
        ]
    except (OSError, ValueError, TypeError):
        return []


def differences(before: Sequence[KnownFile], now: Sequence[KnownFile]) -> str:
    """What has changed, in words: `a.txt has changed (sha256 ... instead of ...); b.txt is gone`; empty if nothing has.

    Files are known by their names within the folder that they share, since the folder may have moved, and by their
    content.
    """
    old, new = _by_name(before), _by_name(now)
    contents = {file.sha256 for file in new.values()}
    said = [
        f"{file.label} has changed (sha256 {file.sha256[:DIGITS]} instead of {old[name].sha256[:DIGITS]})"
        for name, file in new.items()
        if name in old and old[name].sha256 != file.sha256
    ]
    said += [f"{file.label} is gone" for name, file in old.items() if name not in new and file.sha256 not in contents]
    earlier = {file.sha256 for file in old.values()}
    said += [f"{file.label} is new" for name, file in new.items() if name not in old and file.sha256 not in earlier]
    if not said and before and now:
        return "the same files are in another order, or have other names"
    more = f"; {len(said) - MOST_NAMED:,} more files differ" if len(said) > MOST_NAMED else ""
    return "; ".join(said[:MOST_NAMED]) + more


def _by_name(files: Sequence[KnownFile]) -> dict[str, KnownFile]:
    """Each file by its name within the folder that all of them share."""
    folders = [str(Path(file.label).parent) for file in files]
    with suppress(ValueError):  # relative paths and absolute ones share none
        shared = commonpath(folders) if folders else ""
        return {file.label.removeprefix(shared).lstrip("/\\"): file for file in files}
    return {file.label: file for file in files}


def _path(sha256: str) -> Path:
    return cache.cache_folder() / "texts" / f"{sha256}.json"
