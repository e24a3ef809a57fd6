"""What is finished of a study, and what can be trained now, as its folder says it. Trains nothing.

Several processes may fill the folder, so it is read again at each look. A trial can be trained once all candidates of
its place are scored.
"""

from __future__ import annotations

from collections.abc import Iterator

from charlm.studies.choosing import Candidate, CandidateScored, ValueChosen
from charlm.studies.preparing import PreparedTrial
from charlm.studies.results import StudyFolder, best_choice, find_choice
from charlm.studies.running import PreparedStudy, TrialFinished
from charlm.studies.study import Place

Job = Candidate | PreparedTrial  # what one process trains at a time; its `name` is that of its run


class Ledger:
    """The standing of a study at the last look."""

    def __init__(self, study: PreparedStudy, home: StudyFolder) -> None:
        self._study, self._home = study, home
        self._finished: set[str] = set()
        self._chosen: dict[Place, object] = {}
        self._candidates: dict[Place, list[Candidate]] = {}
        for candidate in study.candidates:
            self._candidates.setdefault(candidate.place, []).append(candidate)

    def look(self, is_new: bool = True) -> Iterator[CandidateScored | ValueChosen | TrialFinished]:
        """Read the folder, and give an event for whatever was not finished at the last look."""
        choices = self._home.choices()
        for place, candidates in self._candidates.items():
            for candidate in candidates:
                choice = find_choice(choices, place, candidate.value)
                if choice is not None and self._is_news(candidate.name):
                    yield CandidateScored(candidate, choice["nats"], is_new)
            if place not in self._chosen and all(candidate.name in self._finished for candidate in candidates):
                self._chosen[place] = best_choice(choices, place)["value"]
                yield ValueChosen(place, self._chosen[place], is_new)
        results = self._home.finished()
        for prepared in self._study.trials(self._chosen):
            row = results.get(prepared.trial.key)
            if row is not None and self._is_news(prepared.name):
                yield TrialFinished(prepared, row, is_new)

    def _is_news(self, name: str) -> bool:
        is_news = name not in self._finished
        self._finished.add(name)
        return is_news

    def open_jobs(self) -> list[Job]:
        """What is not finished and can be trained now: candidates first, and then trials, in the order of the study."""
        jobs: list[Job] = [*self._study.candidates, *self._study.trials(self._chosen)]
        return [job for job in jobs if job.name not in self._finished]

    def is_finished(self, name: str) -> bool:
        return name in self._finished

    @property
    def total(self) -> int:
        return len(self._study.candidates) + len(self._study.any_trials)

    @property
    def done(self) -> int:
        return len(self._finished)

    @property
    def is_complete(self) -> bool:
        return self.done == self.total
