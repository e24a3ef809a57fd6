"""The page that a served model writes in by itself, in the browser: the one of `charlm export html`. Knows no HTTP."""

from __future__ import annotations

from urllib.parse import quote

from charlm.model.language_model import LanguageModel
from charlm.page.building import Head, build_page
from charlm.page.card import card_rows, summary
from charlm.page.choosing import choose_weights
from charlm.page.layers import page_model
from charlm.page.rounding import rounded
from charlm.service.served import Served

NOT_SCORED = "`charlm export html` measures it"


def own_page(served: Served) -> str:
    """The html page. Raises UsageError for a model that cannot be one."""
    checkpoint = served.checkpoint
    weights = choose_weights(checkpoint.parameters, None)
    page_model(checkpoint.model)  # what cannot be a page is refused first
    on_page = LanguageModel(checkpoint.settings.model, rounded(checkpoint.parameters, weights))
    card = card_rows(checkpoint, weights, None, NOT_SCORED, None)
    head = Head(served.name, summary(checkpoint), card, f"write?model={quote(served.name, safe='')}")
    return build_page(on_page, checkpoint.vocabulary, checkpoint.settings.text, weights, head)
