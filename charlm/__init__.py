"""charlm: character-level language models with recurrent cells.

Text flows one way through the rooms of the package:

    text --encode--> ids --lanes--> batches --cells, stack--> logits --loss--> checkpoint --> sampler | evaluator

The library in five functions (charlm/api.py):

    charlm.train("book.txt", steps=500)      a training to iterate over
    charlm.resume("run", more=500)           the training of a run goes on
    charlm.load("run")                       a trained model
    charlm.sample("run", "The owl ")         text that continues a prompt
    charlm.score("run", text)                how well the model predicts a text
"""

from __future__ import annotations

from charlm.version import __version__

TYPE_CHECKING = False  # to import typing takes a moment, in which a Ctrl-C would still print a traceback
if TYPE_CHECKING:
    from typing import Any

    from charlm.api import load, resume, sample, score, train

__all__ = ["__version__", "load", "resume", "sample", "score", "train"]


def __getattr__(name: str) -> Any:
    """Import the front door when it is first used (PEP 562), so that `import charlm` stays cheap."""
    if name in __all__:
        from charlm import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
