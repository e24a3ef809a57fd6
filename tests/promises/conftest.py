"""Harnesses that are also programs lie beside the tests; this lets the tests import them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
