"""A page from its three files in pages/: html, css and js, in one, with the policy that allows nothing else.

Knows no page by name. Values are escaped by jinja2.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any


def render_page(name: str, policy: str, **values: Any) -> str:
    """The page of that name. Its Content-Security-Policy allows its own style and script, by their sha256, and what
    `policy` adds."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    style, script = page_file(f"{name}.css"), page_file(f"{name}.js")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(page_file(f"{name}.html"))
    allowed = f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; base-uri 'none'; "
    allowed += f"form-action 'none'; {policy}"
    return template.render(style=Markup(style), script=Markup(script), policy=allowed, **values)


@cache
def page_file(name: str) -> str:
    """A file of pages/."""
    return files("charlm.display").joinpath("pages", name).read_text(encoding="utf-8")


def _source(content: str) -> str:
    """How a Content-Security-Policy allows a style or a script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
