"""Lets the tests import the harnesses beside them, some of which are programs too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
