"""Run folders: their names, their files, the latest run, and the lock of a writer. Knows no model, text or settings.

<root>/latest             the name of the run that trained last
<root>/<run>/run.json     marks a run of charlm: format, creation, text, and the checkpoints that charlm wrote
<root>/<run>/config.yaml, metrics.jsonl, step-N/ (checkpoints), best and last (names of checkpoints)
"""

from charlm.runs.creating import create_run
from charlm.runs.files import replace_text
from charlm.runs.finding import command_name, find_checkpoint, latest_run, list_runs, open_run, runs_root
from charlm.runs.folder import Run
from charlm.runs.lock import lock_run
from charlm.runs.metrics import append_metrics, forget_metrics_after, read_metrics

__all__ = [
    "Run",
    "append_metrics",
    "command_name",
    "create_run",
    "find_checkpoint",
    "forget_metrics_after",
    "latest_run",
    "list_runs",
    "lock_run",
    "open_run",
    "read_metrics",
    "replace_text",
    "runs_root",
]
