"""A page: one HTML file that holds all it needs and loads nothing. Knows no model and none of the pages.

A page is a template in pages/ that extends shell.html, with the style common.css and its own, and a script. Its
Content-Security-Policy allows that style and that script alone, by their sha256. jinja2 escapes what is put into the
template; the script reads its data from inert scripts, and has to set text by `textContent`.

Control characters are shown by the signs that Unicode has for them, those that would turn the text around by U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from charlm.display.printing import CONTROLS
from charlm.page.content_source import content_source
from charlm.text.vocabulary import LOST

NEVER_SHOWN = re.compile(f"{CONTROLS.pattern}|[\ufffe\uffff]")


@cache
def page_file(name: str) -> str:
    """The content of a file in pages/."""
    return files("charlm.display").joinpath("pages", name).read_text(encoding="utf-8")


def render_page(
    name: str,
    title: str,
    data: Mapping[str, Any],
    packed: Mapping[str, str] | None = None,
    scripts: tuple[str, ...] = (),
    asks: bool = False,
    **values: Any,
) -> str:
    """The page of NAME.html, NAME.css and NAME.js, with further scripts of pages/ before its own.

    `data` are values for `JSON.parse` by the id of their script, `packed` are texts of letters, digits and +/= alone;
    `values` are the variables of the template. A page that `asks` may send requests to the server that it came from.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    style = page_file("common.css") + page_file(f"{name}.css")
    script = "".join(map(page_file, (*scripts, f"{name}.js")))
    environment = Environment(autoescape=True, undefined=StrictUndefined, loader=FunctionLoader(page_file))
    return environment.get_template(f"{name}.html").render(
        title=title,
        policy=f"default-src 'none'; style-src {content_source(style)}; script-src {content_source(script)}; "
        "base-uri 'none'; form-action 'none'" + ("; connect-src 'self'" if asks else ""),
        style=Markup(style),
        script=Markup(script),
        data=data,
        packed=packed or {},
        **values,
    )


def without_controls(text: str) -> str:
    """A text as a page shows it: with its line ends and tabs, and signs for what cannot be seen."""
    return NEVER_SHOWN.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else LOST
