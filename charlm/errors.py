"""Every error that a user can meet. Knows nothing of the rest of the program.

An error is three short lines: what happened, where, and what to do. Each class has one exit code:

    CharlmError
    |-- UsageError        2   an invalid command line or setting
    |-- TextError         3   a text that cannot be read, or is too small
    |-- CheckpointError   4   a run or checkpoint that is missing or does not fit
    |-- DivergedError     5   a training whose numbers are no longer finite
    |-- IntegrityError    6   files that have changed since they were written
    |-- BusyError         7   a run that another process is writing
    |-- FailedError       1-7 trainings of a study that failed, by the first of them
    |-- LostProcessError  8   one of several processes that train together is gone, or never came
    `-- StoppedError      130 or 143   a signal; everything was saved first
"""


class CharlmError(Exception):
    """What happened, where, and what to do. The process ends with `exit_code`."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join(line for line in (self.what, self.where, self.remedy) if line)


class UsageError(CharlmError):
    """An invalid command line or setting."""

    exit_code = 2


class TextError(CharlmError):
    """A text that cannot be read, decoded or used."""

    exit_code = 3


class CheckpointError(CharlmError):
    """A run or a checkpoint that is missing, cannot be written, or does not fit."""

    exit_code = 4


class DivergedError(CharlmError):
    """A training whose numbers became infinite or NaN, and that could not recover."""

    exit_code = 5


class IntegrityError(CharlmError):
    """Files whose contents differ from what was recorded when they were written."""

    exit_code = 6


class BusyError(CharlmError):
    """A run that another process is writing."""

    exit_code = 7


class FailedError(CharlmError):
    """Some trainings of a study failed, while the others went on. The exit code is that of the first."""

    def __init__(self, exit_code: int, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.exit_code = exit_code


class LostProcessError(CharlmError):
    """One of several processes that train together is gone, or never came."""

    exit_code = 8


class StoppedError(CharlmError):
    """A signal ended the work; everything was saved first. The exit code is 128 plus the signal's number."""

    def __init__(self, signal_number: int, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.exit_code = 128 + signal_number
