"""The page of a run that is watched while it trains. Knows no HTTP and no run but its name.

Its script asks for what is new once a second, and draws it; the page is the same for every run.
"""

from __future__ import annotations

from charlm.display.html_page import render_page, without_controls


def watch_page(run: str) -> str:
    """The html page."""
    return render_page("watch", without_controls(run), {}, scripts=("chart.js",), asks=True)
