"""A model and its card as one HTML file. Knows no terminal and no files but its own assets.

The page loads nothing. Its Content-Security-Policy allows its own style and script alone, by their sha256, and
WebAssembly. The names of the run, of its text and of symbols are data: jinja2 escapes them, and the script shows them
as text only, never as HTML.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from charlm.config.settings import TextSettings
from charlm.model.language_model import LanguageModel
from charlm.page.assembler import assemble
from charlm.page.content_source import content_source
from charlm.page.layers import PageModel, page_model
from charlm.page.packing import pack
from charlm.page.rounding import Weights
from charlm.text.records.record_lanes import record_end_id
from charlm.text.vocabulary import LOST, Vocabulary

ENGINE = ("numbers", "products", "functions", "random", "attention", "block", "model", "drawing", "text", "reading")
SCREEN = ("elements", "colours", "writing", "moments", "surprise", "strip", "opening")
STYLE = ("page",)
# What is not shown as it is: controls, and what turns a line of text around or ends it.
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Head:
    """What the page says of the model in words: its name, one line about it, and the rows of its card."""

    name: str
    summary: str
    card: Sequence[tuple[str, str]]
    service: str = ""  # where a service writes with the model, relative to the page; empty for a page by itself


def build_page(model: LanguageModel, vocabulary: Vocabulary, text: TextSettings, weights: Weights, head: Head) -> str:
    """The page. The parameters of the model are rounded already (rounding.py); `weights` says how they are written.

    Raises UsageError if a layer cannot be written in JavaScript.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    found = page_model(model)
    packed = pack(found.arrays, weights)
    script = joined_script(_steps(found))
    style = "\n".join(_asset(f"{name}.css") for name in STYLE)
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        _asset("page.html")
    )
    return template.render(
        name=shown(head.name),
        summary=shown(head.summary),
        service=head.service,
        card=[(label, shown(value)) for label, value in head.card],
        policy=policy(style, script),
        style=Markup(style),
        script=Markup(script),
        about={**found.about, **_about(model, vocabulary, text), "arrays": packed.arrays},
        weights=packed.text,
    )


def _about(model: LanguageModel, vocabulary: Vocabulary, text: TextSettings) -> dict[str, Any]:
    """What the script must know beside the layers, as values for JSON."""
    return {
        "symbols": list(vocabulary.symbols),
        "unit": vocabulary.unit,
        "newlines": text.newlines,
        "forms": list(text.normalize),
        "end": record_end_id(text, vocabulary),
        "wasm": base64.b64encode(_products()).decode(),
        "model": vocabulary.fingerprint[:8] + _fingerprint(model),
    }


def _steps(found: PageModel) -> str:
    """The functions of the layers, as an object of JavaScript."""
    methods = [source.removeprefix("function ") for _, source in sorted(found.functions.items())]
    return "const STEPS = {\n" + ",\n".join(methods) + "\n};"


def joined_script(steps: str) -> str:
    """The whole script, of its parts: functions of one scope, which opens the page if there is one."""
    parts = [*map(_script, ENGINE), steps, *map(_script, SCREEN)]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "\n})();\n"


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy: what the page may do."""
    return (
        f"default-src 'none'; style-src {content_source(style)}; "
        f"script-src {content_source(script)} 'wasm-unsafe-eval'; "
        "base-uri 'none'; form-action 'none'"
    )


def shown(text: str) -> str:
    """A text in one line that reads from left to right."""
    return HIDDEN.sub(LOST, text.replace("\n", " "))


def _fingerprint(model: LanguageModel) -> str:
    """Differs for models whose states do not mean the same."""
    digest = hashlib.sha256()
    for name, value in model.parameters.items():
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()[:16]


@cache
def _products() -> bytes:
    return assemble(_asset("products.wat"))


def _script(name: str) -> str:
    return f"// {name}.js\n{_asset(f'{name}.js')}"


@cache
def _asset(name: str) -> str:
    return files("charlm.page").joinpath("assets", name).read_text(encoding="utf-8")
