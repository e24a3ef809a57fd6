"""What the tab key offers: runs, presets, cells, corpora, studies and settings. Imports no numpy and no torch.

Each function gets the beginning of a word. typer asks again at every press of the key, in a process of its own, so
they read only names. What cannot be read completes to nothing: an error would be printed into the user's line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import shorten

import typer

ONE_LINE = 70  # characters
PLAIN = re.compile(r"[\w.+-]+")  # a value that needs no quotes in any shell
DEVICES = ("auto", "cpu", "cuda", "mps")
USUAL = {  # values with a name, of settings that take others too
    "text.encoding": ("utf-8", "auto"),
    "text.normalize": ("none", "nfc", "nfkc", "lower"),
    "text.separator": ("line", "empty-line", "file"),
}

Offers = list[str | tuple[str, str]]  # a word, or a word and what it means


def complete_run(incomplete: str) -> Offers:
    """Names of runs, the newest first; `latest` is one of them."""
    from charlm.errors import CharlmError
    from charlm.runs.finding import list_runs, runs_root

    try:
        names = [run.name for run in reversed(list_runs(runs_root()))]
    except CharlmError:
        return []
    return _beginning([*names, *(["latest"] if names else [])], incomplete)


def complete_preset(incomplete: str) -> Offers:
    from charlm.config.presets import presets

    return _beginning(presets(), incomplete)


def complete_cell(incomplete: str) -> Offers:
    from charlm.cells.names import CELL_NAMES

    return _beginning(CELL_NAMES, incomplete)


def complete_cells(incomplete: str) -> Offers:
    """The cells, and `all`."""
    return [*complete_cell(incomplete), *_beginning(["all"], incomplete)]


def complete_corpus(incomplete: str) -> Offers:
    from charlm.text.corpora.named import CORPORA

    return [(name, _brief(corpus.about)) for name, corpus in CORPORA.items() if name.startswith(incomplete)]


def complete_text(ctx: typer.Context, incomplete: str) -> Offers:
    """What `train` takes: a corpus, or with --resume a run."""
    return complete_run(incomplete) if ctx.params.get("resume") else complete_corpus(incomplete)


def complete_study(incomplete: str) -> Offers:
    """The studies that come with charlm."""
    from charlm.config.presets import presets_in

    return _beginning(presets_in("studies"), incomplete)


def complete_device(incomplete: str) -> Offers:
    return _beginning(DEVICES, incomplete)


def complete_setting(incomplete: str) -> Offers:
    """`training.learning_rate=` after `training.lea`, and `training.schedule=linear` after `training.schedule=l`.

    A setting whose name is the only one left comes with its values, or with its default: a shell that has one offer
    only ends the word with a blank.
    """
    from charlm.config.describing import describe_settings

    name, equals, value = incomplete.partition("=")
    if equals:
        return [f"{name}={word}" for word in _beginning(_values(name), value)]
    settings = [each for each in describe_settings() if each.name.startswith(name)]
    offers: Offers = [(f"{each.name}=", _brief(each.about)) for each in settings]
    if len(settings) == 1:
        (only,) = settings
        words = _values(only.name) or [only.default]
        offers += [f"{only.name}={word}" for word in words if PLAIN.fullmatch(word)]
    return offers


def _values(name: str) -> list[str]:
    """The words that the setting takes, or that are usual for it."""
    from charlm.cells.names import CELL_NAMES
    from charlm.config.describing import describe_settings

    usual = {"model.cell": CELL_NAMES, "training.device": DEVICES, **USUAL}
    words = next((each.words for each in describe_settings(name) if each.name == name), ())
    return [*(words or usual.get(name, ()))]


def _brief(text: str) -> str:
    """The text up to its first semicolon, short enough for one line: a shell takes a second line for another offer."""
    return shorten(text.partition(";")[0], ONE_LINE, placeholder=" ...")


def _beginning(names: Iterable[str], incomplete: str) -> Offers:
    return [name for name in names if name.startswith(incomplete)]
