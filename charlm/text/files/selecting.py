"""Which files of a folder or an archive are taken: glob patterns, and a record of what is left out. Reads no files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from charlm.errors import TextError
from charlm.text.files.kinds import Kind

REASONS = ("hidden", "unselected", "special", "empty", "binary", "archive")  # in the order in which they are listed
NOT_SHOWN = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems put beside a person's files
GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^]/]*\]|.", re.DOTALL)
GLOB_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class Selection:
    """`text.include` and `text.exclude`: which names are taken, and which patterns have matched one."""

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include = {pattern: _compiled(pattern) for pattern in include}
        self._exclude = {pattern: _compiled(pattern) for pattern in exclude}
        self._unmatched = {"text.include": dict.fromkeys(include), "text.exclude": dict.fromkeys(exclude)}

    def takes(self, name: str) -> bool:
        """Whether a file with this path within its folder is taken: if a pattern includes it, and none excludes it."""
        path = name.removeprefix("/")
        included = self._matches(self._include, path, "text.include")
        excluded = self._matches(self._exclude, path, "text.exclude")
        return (included or not self._include) and not excluded

    @property
    def notes(self) -> list[str]:
        """A note for each setting with patterns that have matched no file."""
        return [
            f"{setting} matches no file: {', '.join(unmatched)}"
            for setting, unmatched in self._unmatched.items()
            if unmatched
        ]

    def _matches(self, patterns: dict[str, re.Pattern[str]], path: str, setting: str) -> bool:
        matching = [pattern for pattern, compiled in patterns.items() if compiled.fullmatch(path)]
        for pattern in matching:
            self._unmatched[setting].pop(pattern, None)
        return bool(matching)


class LeftOut:
    """The files of a folder or an archive that are not read: how many for each reason, and an example of a kind."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._counts: Counter[str] = Counter()
        self._example: tuple[str, Kind] | None = None

    def add(self, reason: str, name: str = "", kind: Kind | None = None) -> None:
        """Count a file. `reason` is one of REASONS."""
        self._counts[reason] += 1
        if kind and not self._example:
            self._example = name, kind

    @property
    def notes(self) -> list[str]:
        return [f"left out of {self._where}: {self._listed}"] if self._counts else []

    def nothing_left_error(self, what: str) -> TextError:
        """The error for a folder or an archive (`what`) without a text."""
        if not self._counts:
            return TextError(f"The {what} has no files", self._where, f"Give {what}s with text files, or the files.")
        remedy = "Name a folder with text files, or the files themselves."
        if self._counts["unselected"]:
            remedy = "Change text.include and text.exclude. Their patterns are like *.txt or drafts/*."
        elif self._counts["archive"]:
            remedy = f"Unpack this {what}, and give the archives that are in it: charlm reads zip and tar."
            if what == "folder":
                remedy = "Give the archives themselves: charlm reads zip and tar."
        elif self._example:
            name, kind = self._example
            remedy = f"{name} is {kind.name}. {kind.remedy}"
        return TextError(f"The {what} has only files that are left out: {self._listed}", self._where, remedy)

    @property
    def _listed(self) -> str:
        listed = ", ".join(f"{self._counts[reason]:,} {reason}" for reason in REASONS if self._counts[reason])
        return f"{listed} file{'s' * (self._counts.total() != 1)}"


def is_hidden(name: str) -> bool:
    """Whether a part of a path begins with a dot, or is what a system puts beside a person's files."""
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and part not in (".", "..")) or part in NOT_SHOWN for part in parts)


def _compiled(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression for the path of a file. It matches a folder's files too.

    Without a slash it matches a name in any folder. `*` does not match a slash, and `**` does.
    """
    plain = pattern.removeprefix("./").strip("/")
    parts = (GLOB_PARTS.get(part) or _set_or_letter(part) for part in GLOB.findall(plain))
    return re.compile(("" if "/" in plain else "(?:.*/)?") + "".join(parts) + "(?:/.*)?", re.DOTALL)


def _set_or_letter(part: str) -> str:
    if len(part) == 1:
        return re.escape(part)
    inner = part[1:-1]
    negated = inner.startswith("!")
    return f"[{'^' * negated}{re.escape(inner.removeprefix('!')).replace(re.escape('-'), '-')}]"
