"""The kernel of a notebook, if charlm runs in one: a place in the output that can be replaced. Knows no training.

IPython is never imported to find out: a process in which it runs has it in `sys.modules`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook; False in plain Python and in IPython on a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None


def replaceable() -> Callable[[Any], None]:
    """A function that shows a value in the output of the cell, and replaces it by the value of each later call.

    Only for a notebook (`in_notebook`).
    """
    from IPython import display

    place: Any = display  # which has no types
    handle = place.DisplayHandle()
    shown = False

    def put(value: Any) -> None:
        nonlocal shown
        (handle.update if shown else handle.display)(value)
        shown = True

    return put
