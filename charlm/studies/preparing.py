"""What trials need before the first one trains: generated texts, and sizes for equal parameters. Trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.errors import UsageError
from charlm.model.sizing import resize_to_match
from charlm.runs import replace_text
from charlm.studies.generated import Generated
from charlm.studies.grid import Trial
from charlm.studies.one_training import open_text
from charlm.studies.results import TEXTS
from charlm.studies.study import Study
from charlm.text.corpus import Corpus
from charlm.training.task_kinds import is_bounded, read_as

TEXT_SEED = 1  # of the generated texts to train on
TEST_SEED, TEST_LINES = 2, 1000  # of the generated text that recall is measured on


@dataclass(frozen=True)
class PreparedTrial:
    """A trial with its text opened and its size solved; `parameters` is the number of its parameters."""

    trial: Trial
    corpus: Corpus
    parameters: int

    @property
    def name(self) -> str:
        """The name of its run."""
        return self.trial.name

    @property
    def bounded(self) -> bool:
        """Whether its scores are upper bounds of the true ones."""
        return is_bounded(self.trial.settings)


def prepare_trials(study: Study, trials: Sequence[Trial], folder: Path, source: str) -> list[PreparedTrial]:
    """All trials, prepared. Raises UsageError if their numbers of parameters cannot be made equal."""
    corpora: dict[str, Corpus] = {}
    opened: list[tuple[Trial, Corpus]] = []
    for trial in trials:
        trial = _with_text(trial, folder)
        key = read_as(trial.settings).model_dump_json()
        if key not in corpora:
            corpora[key] = open_text(trial.settings)
        opened.append((trial, corpora[key]))
    wanted = _wanted_parameters(study, opened)
    prepared = []
    for trial, corpus in opened:
        symbols = corpus.vocabulary.size
        if study.parameters and trial.variant != study.parameters.equal:
            where = f"{source}, {' '.join([trial.variant, *(level for _, level in trial.levels)])}"
            model = resize_to_match(trial.settings.model, symbols, wanted[trial.levels], where, count_parameters_of)
            trial = replace(trial, settings=trial.settings.model_copy(update={"model": model}))
        prepared.append(PreparedTrial(trial, corpus, count_parameters_of(trial.settings.model, symbols)))
    return prepared


def _wanted_parameters(study: Study, opened: Sequence[tuple[Trial, Corpus]]) -> dict[tuple[tuple[str, str], ...], int]:
    """The number of parameters of all variants, for each combination of levels; empty if the sizes are as given."""
    equal = study.parameters.equal if study.parameters else None
    if isinstance(equal, int):
        return {trial.levels: equal for trial, _ in opened}
    return {
        trial.levels: count_parameters_of(trial.settings.model, corpus.vocabulary.size)
        for trial, corpus in opened
        if trial.variant == equal
    }


def _with_text(trial: Trial, folder: Path) -> Trial:
    """The trial with its generated text as the source, if it has one."""
    if trial.text is None:
        return trial
    path = (folder / TEXTS / f"{trial.text.name}.txt").absolute()
    if not path.exists():
        _write(path, trial.text)
    text = trial.settings.text.model_copy(update={"sources": (str(path),)})
    return replace(trial, settings=trial.settings.model_copy(update={"text": text}))


def _write(path: Path, text: Generated) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The generated text cannot be written: {error.strerror}",
            str(path),
            "Set CHARLM_RUNS to a writable folder.",
        ) from error
    replace_text(path, text.training_text(TEXT_SEED))
