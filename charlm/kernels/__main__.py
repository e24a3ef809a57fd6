"""`python -m charlm.kernels`: compile the kernels in a source tree, the first time or after a change."""

from __future__ import annotations

import sys

from charlm.errors import UsageError
from charlm.graphs.derived import files, table_forms
from charlm.kernels.building import build, library_path
from charlm.kernels.choosing import built_levels, choice

try:
    for name, message in build(files(table_forms())).failed.items():
        print(f"{name} was left out: {message}", file=sys.stderr)
except OSError as error:
    if not built_levels():
        sys.exit(f"The kernels were not built: {error}. charlm works without them, more slowly.")
    print(f"Nothing was built: {error}. The kernels that are here stay.", file=sys.stderr)
for level in built_levels():
    print(library_path(level))
try:
    chosen = choice()
except UsageError as error:
    sys.exit(str(error))
name = chosen.level.name if chosen.level else "none"
print(f"Loaded on this machine: {name}" + (f" ({chosen.reason})" if chosen.reason else ""))
