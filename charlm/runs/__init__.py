"""Run folders: names, what is in them, which is the latest, who writes one. Knows no model, no text, no settings.

<root>/latest             the name of the run that trained last
<root>/<run>/run.json     the mark of charlm: format, creation, text, and the checkpoints that it recorded as its own
<root>/<run>/config.yaml, metrics.jsonl, step-N/ (checkpoints), best and last (names of checkpoints)
"""

from charlm.runs.creating import create
from charlm.runs.finding import find_checkpoint, latest_run, list_runs, open_run, runs_root
from charlm.runs.folder import Run
from charlm.runs.lock import lock
from charlm.runs.metrics import append, forget_after, read_metrics
from charlm.runs.writing import replace_text

__all__ = [
    "Run",
    "append",
    "create",
    "find_checkpoint",
    "forget_after",
    "latest_run",
    "list_runs",
    "lock",
    "open_run",
    "read_metrics",
    "replace_text",
    "runs_root",
]
