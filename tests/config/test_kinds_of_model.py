"""Settings that say what kind of model it is: what they mean, and what cannot stand beside them."""

import pytest
from pydantic import ValidationError

from charlm.config.resolving import resolve
from charlm.config.settings import Settings
from charlm.errors import UsageError

LATENT, PAIRS = {"latent": {"kind": "line"}}, {"pairs": {"kind": "attending"}}


@pytest.mark.parametrize(("model", "said"), [(LATENT, "latent line 32"), (PAIRS, "pairs attending")])
def test_they_read_lines_and_are_named(model, said):
    settings = Settings.model_validate({"model": model})
    assert settings.text.records
    assert settings.model.in_short().endswith(said)
    assert settings.model.encoder_width == settings.model.hidden_size // 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"model": LATENT | {"tied": True, "block": {"mlp": 2}}},
            r"model\.tied and model\.block cannot go",
        ),
        ({"model": {"latent": {"kind": "vrnn"}, "dropout_kind": "locked"}}, "vrnn goes step by step"),
        ({"model": LATENT, "text": {"records": False}}, "reads lines"),
        ({"model": PAIRS | {"weight_drop": 0.1}}, r"model\.weight_drop cannot go with pairs"),
        ({"model": PAIRS, "text": {"records": False}}, "a pair is a line"),
        ({"model": PAIRS, "text": {"column": 1}}, "a tab is in it"),
        ({"model": PAIRS, "text": {"answer_after": ">"}}, "targets are learnt"),
        ({"model": PAIRS, "text": {"split": "contiguous"}}, "their sources are split"),
        ({"model": LATENT, "training": {"ordered_sum": True}}, "is for language models"),
        ({"model": PAIRS, "training": {"ordered_sum": True}}, "is for language models"),
    ],
)
def test_what_cannot_go_with_them(given, said):
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate(given)


def test_the_options_of_a_cell_that_is_none_are_not_judged():
    with pytest.raises(UsageError) as caught:
        resolve("quick", ["model.cell=5", "model.cell_options.depth=9"])
    assert "model.cell must be" in caught.value.what
    assert "depth" not in str(caught.value)
