"""The studies that come with charlm, and what a study may be."""

from __future__ import annotations

import pytest

from charlm.config.yaml_reading import read_yaml
from charlm.errors import UsageError
from charlm.studies.grid import trials
from charlm.studies.study import from_document, open_study, studies, to_yaml

NAMES = (
    "attention", "cells", "cells-wall-clock", "cost", "depth", "forget-bias", "gap", "gates", "gradient-flow",
)  # fmt: skip
EACH = pytest.mark.parametrize("name", NAMES)


def test_these_are_the_studies():
    assert set(studies()) == set(NAMES)


@EACH
def test_a_study_and_its_quick_form_make_trials(name):
    study = open_study(name)
    planned = trials(study, name)
    variants = len(study.variants)
    assert study.name == name
    assert len({trial.name for trial in planned}) == len(planned)
    assert len(planned) % (variants * len(study.seeds)) == 0
    assert [trial.seed for trial in planned] == sorted(trial.seed for trial in planned)  # seeds outermost
    quick = study.made_quick()
    assert quick.seeds == study.seeds
    assert len(trials(quick, name)) <= len(planned)


@EACH
def test_a_study_reads_back_from_what_it_writes(name):
    study = open_study(name)
    assert from_document(read_yaml(to_yaml(study).encode(), "back"), "back") == study


@EACH
def test_each_value_has_a_comment_that_says_why(name):
    section = ""
    for line in studies()[name].read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith(("#", "name:", "question:", "baseline:")):
            continue
        setting, _, why = line.partition(" # ")
        section = setting if setting.strip().endswith(":") else section
        if not setting.strip().endswith(":"):
            assert len(why.split()) >= 2 or "factors" in section or "gap:" in section, line


def test_the_gap_study_has_lines_that_fit_its_window():
    for trial in trials(open_study("gap"), "gap"):
        assert trial.synthetic.gap + 4 < trial.settings.training.seq_len
        read = trial.settings.training.steps * trial.settings.training.batch_size * trial.settings.training.seq_len
        assert trial.synthetic.lines * (trial.synthetic.gap + 4) * 0.9 >= read * 0.85, "read about once"


def test_characters_become_as_many_steps():
    study = open_study("cells")
    for trial in trials(study, "cells"):
        training = trial.settings.training
        assert training.steps == study.budget.characters // (training.batch_size * training.seq_len)


def test_an_unknown_name_has_a_neighbour():
    with pytest.raises(UsageError, match="no study cels") as caught:
        open_study("cels")
    assert "Did you mean cells?" in caught.value.remedy
