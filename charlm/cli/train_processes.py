"""`charlm` in several processes that torchrun starts: one of them speaks for all. Knows no training."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from charlm.display.printing import print_stderr
from charlm.errors import CharlmError, StoppedError, UsageError
from charlm.processes.group import ALONE, Group
from charlm.processes.launch import launched

if TYPE_CHECKING:
    from charlm.processes.ending import Ending
    from charlm.processes.together import Together

ONE = "Start one process, without torchrun"


def refuse_several_processes(words: Sequence[str]) -> None:
    """Only `train` runs in several processes. Process 0 raises UsageError for other commands; the others just end.

    They end without a failure, which would make torchrun end process 0 before it has spoken.
    """
    launch = launched()
    if launch is None or (words and words[0] == "train"):
        return
    if launch.rank:
        sys.exit(0)
    command = " ".join(["charlm", *words[:2]])
    raise UsageError(
        f"{launch.size} processes would all do the same: only `charlm train` shares its work among them",
        command,
        f"{ONE}: {command}",
    )


def refuse_together(group: Group, what: str, where: str, remedy: str) -> None:
    """Raises UsageError if there are several processes."""
    if group.size > 1:
        raise UsageError(what, where, remedy)


@contextmanager
def in_group(alone: bool) -> Iterator[Group]:
    """The processes that torchrun has started this one with; a group of one if it did not, or if it is to be `alone`.

    Errors end all of them, and one says why. Each ends with the same exit code, when that one has spoken.
    """
    launch = launched()
    if launch is None or alone:
        yield ALONE
        return
    from charlm.processes.ending import Ending
    from charlm.processes.joining import joined

    with joined(launch) as (group, store):
        ending = Ending(store, launch.rank)
        try:
            yield group
            group.share(b"")  # the others leave when process 0 has printed its summary
        except StoppedError as error:  # in all of them, and process 0 has more to say before
            with suppress(CharlmError):
                group.share(b"")
            _end(error, ending, group, launch.rank == 0)
        except CharlmError as error:
            _end(error, ending, group, ending.is_first(error.exit_code))
        except Exception:
            ending.is_first(1)
            ending.has_spoken()
            raise


def _end(error: CharlmError, ending: Ending, group: Together, speaks: bool) -> None:
    """End this process: the one that speaks prints the error, the others wait for it."""
    code = error.exit_code
    if speaks:
        print_stderr(f"charlm: {error}", dim=False)
        ending.has_spoken()
        group.close()
        ending.await_the_others(group.size)
    else:
        code = ending.await_the_first(code)
    raise typer.Exit(code) from None
