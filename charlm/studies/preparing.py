"""What trials need before the first of them trains: texts that are generated, and sizes that are solved for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from charlm.errors import UsageError
from charlm.model.parameters import count_parameters
from charlm.model.sizing import resize_to_match
from charlm.runs import replace_text
from charlm.studies.grid import Synthetic, Trial
from charlm.studies.results import TEXTS
from charlm.studies.study import Study
from charlm.text.corpus import Corpus, open_corpus
from charlm.text.synthetic import recall_text

TEXT_SEED = 1  # of generated texts to train on; another makes the texts that recall is asked on
ASKED_SEED, ASKED_LINES = 2, 1000


@dataclass(frozen=True)
class Ready:
    """A trial with the text it reads and as many parameters as it will have."""

    trial: Trial
    corpus: Corpus
    parameters: int


def prepare(study: Study, trials: Sequence[Trial], folder: Path, source: str) -> list[Ready]:
    """Each trial with its text opened and its size solved. Raises UsageError where counts cannot be made equal."""
    corpora: dict[str, Corpus] = {}
    opened: list[tuple[Trial, Corpus]] = []
    for trial in trials:
        trial = _with_text(trial, folder)
        key = trial.settings.text.model_dump_json()
        if key not in corpora:
            corpora[key] = open_corpus(trial.settings.text)
        opened.append((trial, corpora[key]))
    wanted = _wanted(study, opened)
    ready = []
    for trial, corpus in opened:
        if study.parameters and trial.variant != study.parameters.equal:
            place = f"{source}, {' '.join([trial.variant, *(level for _, level in trial.levels)])}"
            model = resize_to_match(trial.settings.model, corpus.vocabulary.size, wanted[trial.levels], place)
            trial = replace(trial, settings=trial.settings.model_copy(update={"model": model}))
        ready.append(Ready(trial, corpus, count_parameters(trial.settings.model, corpus.vocabulary.size)))
    return ready


def _wanted(study: Study, opened: Sequence[tuple[Trial, Corpus]]) -> dict[tuple[tuple[str, str], ...], int]:
    """The count of parameters that all variants are brought to, for each combination of levels."""
    equal = study.parameters.equal if study.parameters else None
    if isinstance(equal, int):
        return {trial.levels: equal for trial, _ in opened}
    return {
        trial.levels: count_parameters(trial.settings.model, corpus.vocabulary.size)
        for trial, corpus in opened
        if trial.variant == equal
    }


def _with_text(trial: Trial, folder: Path) -> Trial:
    """The trial, reading the text that was made for it where it asks for one."""
    if trial.synthetic is None:
        return trial
    made = trial.synthetic
    path = (folder / TEXTS / f"recall-{made.gap}-{made.lines}.txt").absolute()
    if not path.exists():
        _make(path, made)
    text = trial.settings.text.model_copy(update={"sources": (str(path),)})
    return replace(trial, settings=trial.settings.model_copy(update={"text": text}))


def _make(path: Path, made: Synthetic) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The text cannot be kept: {error.strerror}", str(path), "Set CHARLM_RUNS to a folder that can be written."
        ) from error
    replace_text(path, recall_text(made.gap, made.lines, TEXT_SEED))
