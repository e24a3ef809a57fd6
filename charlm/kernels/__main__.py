"""`python -m charlm.kernels`: compile the kernels in a source tree, the first time or after a change."""

from __future__ import annotations

import sys

from charlm.kernels.building import build

try:
    print(build())
except OSError as error:
    sys.exit(f"The kernels were not built: {error}. charlm works without them, more slowly.")
