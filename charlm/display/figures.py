"""What all pictures share: a figure without decoration, its colours, and writing it as a PNG file. Knows no results.

matplotlib is an extra. It is imported only when a picture is drawn, without pyplot: no window opens, nothing stays
open, and the same numbers give the same bytes.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import UsageError
from charlm.version import install_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID = "#333333", "#e2e2e2"
INSTALL = f"Install it with: {install_extra('plot')}"


def has_matplotlib() -> bool:
    """Whether pictures can be drawn."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def new_figure(width: float, height: float, path: Path) -> Any:
    """An empty figure, in inches. Raises UsageError if matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise UsageError("Drawing needs matplotlib", str(path), INSTALL) from None
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)
    return Figure(figsize=(width, height), dpi=150, layout=layout)


def style_axes(axes: Axes, grid: str = GRID, **ticks: Any) -> None:
    """Only the lower spine, no tick marks, and the grid behind the data. `ticks` are for `tick_params`."""
    axes.set_axisbelow(True)
    axes.tick_params(color=grid, labelcolor=INK, length=0, **ticks)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(grid)


def save_png(figure: Any, path: Path) -> None:
    """Write the figure. It is drawn completely first, so that a failure leaves the last picture as it was."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    path.write_bytes(drawn.getvalue())
