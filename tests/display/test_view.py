"""What all views of a training share."""

from __future__ import annotations

from charlm.display.console import StderrConsole
from charlm.display.live import LiveView
from charlm.display.plain import PlainView
from charlm.display.view import View, describe_trouble
from charlm.training.events import RolledBack, Skipped


def test_both_views_are_views() -> None:
    views: list[View] = [LiveView(StderrConsole(), "run"), PlainView(None)]
    assert all(callable(view.show) for view in views)


def test_trouble_is_one_line() -> None:
    assert describe_trouble(Skipped(7, "loss nan")) == "skipped step 7: loss nan"
    assert describe_trouble(RolledBack(9, 4, 0.5)) == "rolled back from step 9 to 4, learning rate x 0.5"
