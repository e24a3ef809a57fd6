from __future__ import annotations

import subprocess
import sys

import pytest

from charlm.cells import table
from charlm.errors import UsageError


def test_an_unknown_cell_names_the_nearest():
    with pytest.raises(UsageError, match="no cell 'ltsm'") as caught:
        table.find("ltsm")
    assert "Did you mean lstm?" in caught.value.remedy


def test_options_are_completed_with_defaults():
    assert table.complete("lstm", {}) == {"forget_bias": 1.0}
    assert table.complete("lstm", {"forget_bias": -1}) == {"forget_bias": -1.0}


@pytest.mark.parametrize(
    ("given", "said"),
    [({"forget_bais": 1}, "no such option"), ({"forget_bias": "high"}, "number"), ({"forget_bias": 99}, "between")],
)
def test_options_that_cannot_be_are_refused(given, said):
    with pytest.raises(UsageError, match=said) as caught:
        table.complete("lstm", given)
    assert "forget_bias" in caught.value.remedy


def test_the_table_is_readable_without_torch():
    code = "import sys, charlm.cells.table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
