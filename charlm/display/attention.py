"""Where a model of pairs looks: in the terminal, as JSON, arrays, a page and a picture. Knows no model.

Rows are the characters of the target, columns those of the source; a darker block is a larger share of the look.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.cells import cell_len

from charlm.display.figures import INK, new_figure, save_png
from charlm.display.output import print_text
from charlm.display.printing import escape_controls, print_stderr
from charlm.display.report_page import ReportTable, report_page
from charlm.display.value_scale import SHADES
from charlm.pairs.looking import Look

BOUNDS = (0.05, 0.2, 0.45, 0.75)  # shares from which a shade is drawn


def print_look(about: Mapping[str, Any], look: Look) -> None:
    """The source above, the target at the left, and a block for each share."""
    print_stderr(f"{about['run']}, step {about['step']:,}: {about['source']!r} -> {about['target']!r}")
    columns = [_shown(symbol) for symbol in look.source]
    widths = [max(2, cell_len(column) + 1) for column in columns]
    rows = [_shown(symbol) for symbol in look.target]
    left = max(map(cell_len, rows)) + 2
    lines = [" " * left + "".join(_padded(each, width) for each, width in zip(columns, widths, strict=True)) + "  bits"]
    for row, shares, nats in zip(rows, look.alpha, look.nats, strict=True):
        blocks = "".join(shade(float(share)) * (width - 1) + " " for share, width in zip(shares, widths, strict=True))
        lines.append(f"{_padded(row, left)}{blocks}  {nats / np.log(2):.2f}")
    print_text("\n".join(lines) + "\n")


def shade(share: float) -> str:
    """The block for a share from 0 to 1."""
    return SHADES[int(np.searchsorted(BOUNDS, share, side="right"))]


def look_json(about: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """`alpha` has a row for each symbol of `target_symbols`, with a value for each of `source_symbols`."""
    return {
        **about,
        "source_symbols": list(look.source),
        "target_symbols": list(look.target),
        "alpha": look.alpha.astype(float).round(6).tolist(),
        "bits": (look.nats / np.log(2)).tolist(),
    }


def look_arrays(look: Look) -> dict[str, np.ndarray]:
    """alpha (T, J), the nats (T,), and the symbols."""
    return {"alpha": look.alpha, "nats": look.nats, "source": np.array(look.source), "target": np.array(look.target)}


def look_page(about: Mapping[str, Any], look: Look) -> str:
    """A table of the shares in per cent."""
    heading = ["", *(_shown(symbol) for symbol in look.source), "bits"]
    rows = [
        [
            _shown(symbol),
            *map(_per_cent, shares.tolist()),
            f"{nats / np.log(2):.2f}",
        ]
        for symbol, shares, nats in zip(look.target, look.alpha, look.nats, strict=True)
    ]
    lines = [f"{about['run']}, step {about['step']:,}", f"{about['source']} -> {about['target']}"]
    table = ReportTable("Where it looks: per cent, by characters of the source", heading, rows, texts=frozenset({0}))
    return report_page("Where a model of pairs looks", lines, [], [table])


def _per_cent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.005 else ""


def plot_look(look: Look, path: Path) -> None:
    """Shares as grey squares. Raises UsageError if matplotlib is not installed."""
    wide, high = len(look.source), len(look.target)
    figure = new_figure(max(3.0, 0.35 * wide + 1.2), max(2.5, 0.35 * high + 1.0), path)
    axes = figure.add_subplot()
    axes.imshow(look.alpha, cmap="Greys", vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(range(wide), [_shown(symbol) for symbol in look.source], color=INK)
    axes.set_yticks(range(high), [_shown(symbol) for symbol in look.target], color=INK)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    save_png(figure, path)


def _shown(symbol: str) -> str:
    return "␣" if symbol == " " else escape_controls(symbol) or "�"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
