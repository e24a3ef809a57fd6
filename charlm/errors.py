"""Every error a user can meet. This file knows nothing of the rest of the program.

An error is three short lines: what happened, where, and what to do about it. Each kind has one exit code:

    CharlmError
    |-- UsageError        2   a command line or a setting that cannot be
    |-- TextError         3   a text that cannot be read, or is too small
    |-- CheckpointError   4   a run or checkpoint that is missing or does not fit
    |-- DivergedError     5   training that left the finite numbers
    |-- IntegrityError    6   files that are not what was written
    |-- BusyError         7   a run that another process is writing
    `-- StoppedError      130 or 143   a signal, after everything was saved
"""


class CharlmError(Exception):
    """What happened, where, and what to do; `exit_code` is what the process ends with."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.where, self.remedy) if line)


class UsageError(CharlmError):
    """A command line or a setting that cannot be."""

    exit_code = 2


class TextError(CharlmError):
    """A text that cannot be read, decoded or used."""

    exit_code = 3


class CheckpointError(CharlmError):
    """A run or a checkpoint that is missing, or does not fit what was asked of it."""

    exit_code = 4


class DivergedError(CharlmError):
    """Training that left the finite numbers and could not be brought back."""

    exit_code = 5


class IntegrityError(CharlmError):
    """Files whose contents are not those that were recorded when they were written."""

    exit_code = 6


class BusyError(CharlmError):
    """A run that another process is writing."""

    exit_code = 7


class StoppedError(CharlmError):
    """A signal ended the work, after everything was saved. The exit code is 128 plus the signal's number."""

    def __init__(self, signal_number: int, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.exit_code = 128 + signal_number
