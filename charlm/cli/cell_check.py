"""What the table of cells says about settings: the check that settings alone cannot make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charlm.config.problems import Problem
    from charlm.config.settings import Settings


def cell_check(settings: Settings) -> list[Problem]:
    """What is wrong with the cell's name, or with its options. For `resolve(..., checks=[cell_check])`."""
    from charlm.cells.table import complete
    from charlm.config.problems import Problem
    from charlm.errors import UsageError

    try:
        complete(settings.model.cell, settings.model.cell_options)
    except UsageError as error:
        return [Problem(error.where, error.what, error.remedy)]
    return []
