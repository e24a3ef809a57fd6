"""The studies that come with charlm, their trials, and their files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from charlm.config.yaml_reading import read_yaml
from charlm.errors import UsageError
from charlm.studies import preparing
from charlm.studies.grid import make_trials
from charlm.studies.one_training import open_text
from charlm.studies.study_files import bundled_studies, open_study, study_from, to_yaml

NAMES = (
    "attention", "cells", "cells-wall-clock", "cost", "depth", "forget-bias", "gap", "gates", "gradient-flow",
    "latent", "memory", "newer", "source", "tracking",
)  # fmt: skip
EACH = pytest.mark.parametrize("name", NAMES)


def test_these_are_the_studies():
    assert set(bundled_studies()) == set(NAMES)


@EACH
def test_a_study_and_its_quick_form_make_make_trials(name):
    study = open_study(name)
    planned = make_trials(study, name)
    variants = len(study.variants)
    assert study.name == name
    assert len({trial.name for trial in planned}) == len(planned)
    assert len(planned) % (variants * len(study.seeds)) == 0
    assert [trial.seed for trial in planned] == sorted(trial.seed for trial in planned)  # the outermost loop
    quick = study.quick_form()
    assert quick.seeds == study.seeds
    assert len(make_trials(quick, name)) <= len(planned)


@pytest.fixture(scope="module")
def opened():
    """The texts that were opened, by their settings."""
    return {}


@pytest.mark.parametrize("name", [name for name in NAMES if open_study(name).parameters])
def test_the_variants_of_a_study_and_of_its_quick_form_can_be_as_large_as_it_asks(name, tmp_path, monkeypatch, opened):
    """Of a text, only the number of its symbols counts: it is opened once, and a generated one has few lines."""

    def open_once(settings):
        key = settings.text.model_dump_json()
        if key not in opened:
            opened[key] = open_text(settings)
        return opened[key]

    monkeypatch.setattr(preparing, "open_text", open_once)
    for study in (open_study(name), open_study(name).quick_form()):
        first, *others = make_trials(study, name)
        trials = [each for each in (first, *others) if (each.levels, each.seed) == (first.levels, first.seed)]
        few = [replace(each, text=replace(each.text, lines=300)) if each.text else each for each in trials]
        prepared = preparing.prepare_trials(study, few, tmp_path, name)
        assert {each.trial.variant for each in prepared} == set(study.variants)


@EACH
def test_a_study_reads_back_from_what_it_writes(name):
    study = open_study(name)
    assert study_from(read_yaml(to_yaml(study).encode(), "back"), "back") == study


@EACH
def test_each_value_has_a_comment_with_a_reason(name):
    section = ""
    for line in bundled_studies()[name].read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith(("#", "name:", "question:", "baseline:")):
            continue
        setting, _, why = line.partition(" # ")
        section = setting if setting.strip().endswith(":") else section
        if not setting.strip().endswith(":"):
            assert len(why.split()) >= 2 or "factors" in section or "gap:" in section, line


def test_the_lines_of_the_gap_study_fit_into_its_window():
    for trial in make_trials(open_study("gap"), "gap"):
        assert trial.text.gap + 4 < trial.settings.training.seq_len
        read = trial.settings.training.steps * trial.settings.training.batch_size * trial.settings.training.seq_len
        assert trial.text.lines * (trial.text.gap + 4) * 0.9 >= read * 0.85, "read about once"


def test_a_budget_of_characters_becomes_steps():
    study = open_study("cells")
    for trial in make_trials(study, "cells"):
        training = trial.settings.training
        assert training.steps == study.budget.characters // (training.batch_size * training.seq_len)


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(UsageError, match="no study cels") as caught:
        open_study("cels")
    assert "Did you mean cells?" in caught.value.remedy
