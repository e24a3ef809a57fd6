"""The report of a study as text: bits first, at any width."""

from __future__ import annotations

import pytest

from charlm.display.study_report import report_lines
from charlm.studies.report import make_report
from charlm.studies.study import Choose, Study

STUDY = Study.model_validate(
    {
        "name": "s", "question": "is the claim true", "variants": {"lstm": {}, "memory_gated": {}}, "baseline": "lstm",
        "seeds": [1, 2, 3], "budget": {"steps": 1},
    }
)  # fmt: skip

CHOOSING = STUDY.model_copy(update={"choose": Choose(setting="training.learning_rate", values=(1e-3, 1e-2))})


def report(measure, name, low, study=STUDY, **more):
    return make_report(
        study,
        [
            {
                "variant": variant, "levels": {}, "seed": seed, "measure": measure, "parameters": 12_345,
                "hidden_size": 24, "characters_per_second": 12_345, "diverged": False, name: low * factor * (10 + seed),
                **more,
            }
            for variant, factor in (("lstm", 1), ("memory_gated", 1.5))
            for seed in (1, 2, 3)
        ],
    )  # fmt: skip


REPORTS = {
    "valid": report("valid", "nats", 0.1),
    "recall": report("recall", "accuracy", 0.01, answer_nats=1.2),
    "cost": report("cost", "characters_per_second", 1000, peak_memory=2**24),
    "valid with a choice": report("valid", "nats", 0.1, CHOOSING, chosen=0.01),
}


@pytest.mark.parametrize("measure", REPORTS)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_report_fits_a_narrow_terminal(measure, width):
    lines = report_lines(REPORTS[measure], width)
    assert max(map(len, lines)) <= width
    assert len([line for line in lines if line.startswith("memory_gated  ")]) == 1, "it is one table"


def test_a_report_in_a_pipe_has_every_column_and_bits_before_nats():
    heading, lstm, gated = report_lines(REPORTS["valid"])[2:5]
    assert heading.index("valid bits") < heading.index("nats")
    assert lstm.split()[1] == "1.7312"
    assert "baseline" in lstm
    assert gated.split()[-1] == "12.3k"
    assert "beyond noise" in gated


def test_a_difference_of_shares_is_in_percent():
    (row,) = [line for line in report_lines(REPORTS["recall"]) if line.startswith("memory_gated  ")]
    assert "+6.0% [" in row


def test_a_chosen_value_has_a_column_and_says_when_it_is_at_an_end():
    heading, lstm = report_lines(REPORTS["valid with a choice"])[2:4]
    assert heading.split()[1] == "learning_rate"
    assert "0.01 (largest)" in lstm
    narrow = report_lines(REPORTS["valid with a choice"], 60)
    assert "learning_rate" not in narrow[3], "numbers of the comparison matter more"
    assert "largest for lstm, memory_gated" in " ".join(narrow)
