"""`python -m charlm.kernels`: compile the kernels in a source tree, the first time or after a change."""

from __future__ import annotations

import sys

from charlm.errors import UsageError
from charlm.kernels.building import build
from charlm.kernels.choosing import choice

try:
    built = build()
except OSError as error:
    sys.exit(f"The kernels were not built: {error}. charlm works without them, more slowly.")
for path in built.paths.values():
    print(path)
for name, message in built.failed.items():
    print(f"{name} was left out: {message}", file=sys.stderr)
try:
    chosen = choice()
except UsageError as error:
    sys.exit(str(error))
name = chosen.level.name if chosen.level else "none"
print(f"Loaded on this machine: {name}" + (f" ({chosen.reason})" if chosen.reason else ""))
