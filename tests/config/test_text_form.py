"""Settings of a text's form: what means records, and what excludes what."""

import pytest
from pydantic import ValidationError

from charlm.config.settings import TextSettings


@pytest.mark.parametrize("form", [{"separator": "%"}, {"column": 1}, {"field": "a"}, {"format": "fasta"}])
def test_a_form_means_records(form):
    settings = TextSettings(**form)
    assert settings.records
    assert TextSettings(**settings.model_dump()) == settings
    with pytest.raises(ValidationError, match=r"text\.records=false"):
        TextSettings(records=False, **form)
    with pytest.raises(ValidationError, match=r"text\.unit=byte"):
        TextSettings(unit="byte", **form)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"column": 1, "field": "a"}, "both are given"),
        ({"column": 1, "separator": "%"}, r"text\.separator are given"),
        ({"format": "fasta", "separator": "%"}, r"text\.separator are given"),
        ({"column": 1, "format": "jsonl"}, r"text\.format is jsonl"),
        ({"field": "a", "format": "csv"}, r"text\.format is csv"),
        ({"format": "csv"}, r"needs text\.column"),
        ({"format": "jsonl"}, r"needs text\.field"),
        ({"label": "a"}, r"text\.label needs"),
        ({"field": "a", "label": 1}, "name of a field"),
        ({"column": 0}, "greater than or equal to 1"),
    ],
)
def test_what_excludes_what(settings, said):
    with pytest.raises(ValidationError, match=said):
        TextSettings(**settings)


def test_bytes_are_never_rare():
    with pytest.raises(ValidationError, match=r"text\.min_count is for characters and graphemes"):
        TextSettings(unit="byte", min_count=2)
    assert TextSettings(unit="grapheme", min_count=2).min_count == 2
