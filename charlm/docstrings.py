"""Docstrings that a person is shown. Under `python -OO`, which leaves them out, they are read from the source.

Knows nothing of the rest of the program.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def module_docstring(name: str) -> str:
    """The docstring of an imported module. Empty if it has none, or if neither Python nor its source has it."""
    module = sys.modules[name]
    return inspect.cleandoc(module.__doc__ or ast.get_docstring(_tree(module.__file__)) or "")


def function_docstring(function: Callable[..., Any]) -> str:
    """The same of a function that stands at the top of its module."""
    if function.__doc__:
        return inspect.cleandoc(function.__doc__)
    for node in _tree(function.__code__.co_filename).body:
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            return ast.get_docstring(node) or ""
    return ""


def _tree(file: str | None) -> ast.Module:
    """The parsed source; an empty module if there is none."""
    try:
        return ast.parse(Path(file or "").read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return ast.Module([], [])
