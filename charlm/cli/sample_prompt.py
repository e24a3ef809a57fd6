"""The prompt of `charlm sample`: given, in a file or piped in, and then as a model hears it. Opens no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charlm.cli.record_choice import label_prompt

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.cli.sample_given import Given
    from charlm.text.vocabulary import Encoded


@dataclass(frozen=True)
class Typed:
    """A prompt as it was given, and what was piped in: the empty text if nothing was, None if nobody knows."""

    text: str
    piped: str | None


@dataclass(frozen=True)
class Heard:
    """A prompt in the form of the model's own text, and its ids."""

    text: str
    encoded: Encoded


def typed_prompt(given: Given) -> Typed:
    """The prompt, read. Raises UsageError for two, TextError for one that cannot be read."""
    from charlm.text.prompt import piped_prompt, read_prompt

    alone = given.prompt is None and given.prompt_file is None and not given.session
    piped = piped_prompt() if alone else ""
    return Typed(piped or read_prompt(given.prompt, given.prompt_file), piped)


def heard_prompt(typed: Typed, given: Given, checkpoint: Checkpoint) -> Heard:
    """The prompt as the model hears it, after its label. Raises UsageError for a label that there is not, TextError for
    unknown characters that are errors."""
    from charlm.text.prompt import as_trained

    label = "" if given.label is None else label_prompt(checkpoint, given.label)
    text = as_trained(label + typed.text, checkpoint.settings.text, checkpoint.vocabulary)
    return Heard(text, checkpoint.vocabulary.encode(text, given.unknown))
