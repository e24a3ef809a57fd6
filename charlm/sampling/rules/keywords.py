"""The decoding that a call of the library asks for: a `Decoding`, or its fields as keywords. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.rules.logit_bias import bias_of_ids
from charlm.text.vocabulary import Vocabulary


def decoding_of(decoding: Decoding | None, rules: Mapping[str, Any], vocabulary: Vocabulary) -> Decoding:
    """The decoding, or the one that the rules are the fields of; logit biases are by characters then.

    Raises UsageError if both are given, for a rule that there is not, and as `Decoding` does.
    """
    if decoding is not None and rules:
        remedy = "Put them all into the Decoding, or none."
        raise UsageError(f"decoding and {next(iter(rules))} exclude each other", "charlm.sample", remedy)
    names = [field.name for field in fields(Decoding)]
    for name in rules:
        if name not in names:
            hint = suggestion(name, names)
            raise UsageError(f"There is no rule {name}", "charlm.sample", f"{hint} Rules: {', '.join(names)}.".strip())
    biases = bias_of_ids(rules.get("logit_bias") or {}, vocabulary)
    return decoding or Decoding(**{**rules, "logit_bias": biases})
