"""An imported model as a run, which can be sampled from, scored with and trained on. Knows no format of others."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import numpy as np

from charlm.checkpoint import Scores, write_checkpoint
from charlm.checkpoint.contents import TextIdentity
from charlm.checkpoint.series import add_checkpoint
from charlm.config.settings import Settings
from charlm.config.stored import to_yaml
from charlm.interchange.importing import Imported
from charlm.runs import Run, create_run, lock_run
from charlm.runs.folder import CONFIG


def adopt(imported: Imported, root: Path, name: str | None, slug: str) -> Run:
    """Create the run with one checkpoint. It has no text: `charlm train TEXT --from NAME` trains the model on one.

    Raises CheckpointError if there is a run of that name, or it cannot be written.
    """
    settings = Settings(text=imported.text, model=imported.model)
    (origin,) = imported.text.sources
    nothing = hashlib.sha256(b"").hexdigest()
    about = {"text": {"name": origin, "sha256": nothing, "characters": 0}, "imported": origin}
    run = create_run(root, name, slug, about, {CONFIG: to_yaml(settings)})
    with lock_run(run):
        write = partial(
            write_checkpoint,
            step=imported.step,
            settings=settings,
            vocabulary=imported.vocabulary,
            text=TextIdentity(name=origin, sha256=nothing, characters=0),
            scores=Scores(),
            parameters={key: np.ascontiguousarray(value) for key, value in imported.parameters.items()},
            training={},
            training_arrays={},
            disk=run.disk,
        )
        add_checkpoint(run, imported.step, write, best=True, keep=1)
        run.make_latest()
    return run
