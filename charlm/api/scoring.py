"""`charlm.score`: how well a trained model predicts a text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from charlm.api.models import checkpoint_of
from charlm.checkpoint import Checkpoint
from charlm.evaluation.score import Score

if TYPE_CHECKING:
    from charlm.evaluation.text import Policy


def score(
    model: Checkpoint | str | Path | None,
    text: str,
    *,
    unknown: Policy = "skip",
) -> Score:
    """The exact score of a text: nats, bits per character, perplexity. `model` is as for `load`.

    It is the score that `charlm eval perplexity` gives for a file of this text: the text is read as the model's own
    was. For a model of records it has records in the same form, each scored from a fresh state: lines, parts between
    the model's separator, a table with its column, JSON lines with its field, FASTA. U+001E separates nothing; where
    the model's separator does not occur, the text is one record.

    `unknown` is for characters that the model does not know: `skip` leaves them out, `nearest` reads the nearest known
    ones, `charge` adds what a code would pay to name them (the rule is in charlm.evaluation.charging), so that models
    that know different characters can be compared. A model with an unknown symbol (text.min_count) leaves none out, and
    names are always charged. Raises TextError if fewer than two known characters remain, if the text has not the
    model's form, and with `error` for an unknown character.
    """
    from charlm.evaluation.scorers import NumpyScorer
    from charlm.evaluation.text import reading_of, score_text
    from charlm.text.given_text import encode_given
    from charlm.text.length import require_two

    checkpoint = checkpoint_of(model)
    vocabulary = checkpoint.vocabulary
    encoded = encode_given(text, checkpoint.settings.text, vocabulary, reading_of(unknown))
    require_two(encoded.ids.size, "The text", "charlm.score", bool(encoded.unknown))
    end = checkpoint.record_end
    scorer = NumpyScorer(checkpoint.model)
    scored = checkpoint.scored
    return score_text(scorer, encoded.ids, vocabulary, end, unknown, encoded.unknown, scored=scored).score
