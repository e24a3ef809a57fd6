"""The findings of `charlm doctor`, one after the other as they are made. Knows no machine and no text."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence

from charlm.diagnosis.finding import Finding
from charlm.display.folding import cells, fold
from charlm.display.printing import escape_controls, has_colour, is_terminal, print_stderr, write_safely

MARGIN = 16  # cells of a level and a name
COLOURS = {"ok": "\x1b[32m", "warn": "\x1b[33m", "bad": "\x1b[1;31m"}  # from the best level to the worst
WORD = re.compile(r"""(?:-\S+ (?!-))?(?:'[^']*'|"[^"]*"|\S)+""")  # of a shell; an option and its value are one
PLAIN = "\x1b[0m"


def print_finding(finding: Finding) -> None:
    """Level, name and what was found; on the next lines what to do, unless the level is ok."""
    out = sys.stdout
    colour = has_colour(out)
    out.write(f"{COLOURS[finding.level] if colour else ''}{finding.level:<5}{PLAIN if colour else ''}")
    write_safely(out, f"{finding.name:<{MARGIN - 6}} {_wrapped(finding.what)}\n")
    if finding.remedy and finding.level != "ok":
        write_safely(out, f"{' ' * (MARGIN - 3)}-> {_wrapped(finding.remedy)}\n")
    if finding.command:
        write_safely(out, f"{' ' * (MARGIN - 3)}-> {_continued(finding.command)}\n")
    out.flush()


def print_counts(findings: Sequence[Finding]) -> None:
    """How many findings each level has, on stderr."""
    counts = {level: sum(finding.level == level for finding in findings) for level in COLOURS}
    listed = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    print_stderr(f"{listed}.{'' if counts['bad'] else ' Nothing stands in the way of a training.'}")


def _wrapped(text: str) -> str:
    """On a terminal lines that are indented by the margin; elsewhere one line, which can be searched."""
    line = " ".join(escape_controls(text).split("\n"))
    if not is_terminal(sys.stdout):
        return line
    width = max(40, shutil.get_terminal_size().columns - MARGIN - 1)
    return f"\n{' ' * MARGIN}".join(fold(line, width))


def _continued(command: str) -> str:
    """On a terminal lines that end with a backslash, so that the command can be pasted; elsewhere one line."""
    if not is_terminal(sys.stdout):
        return command
    width = max(40, shutil.get_terminal_size().columns - MARGIN - 3)
    lines = [""]
    for word in WORD.findall(command):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and cells(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return f" \\\n{' ' * (MARGIN + 2)}".join(lines)
