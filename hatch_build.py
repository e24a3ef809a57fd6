"""Compile charlm's kernels for a wheel; without a compiler the wheel has none, and suits every system.

The kernels are called by ctypes and know no Python. So a wheel with kernels suits every Python 3 on its platform.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Kernels(BuildHookInterface[Any]):
    """hatchling calls this for wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        sys.path.insert(0, str(Path(__file__).parent))
        from charlm.graphs.derived import files, table_forms
        from charlm.kernels.building import build

        try:
            built = build(files(table_forms()))
        except OSError as error:
            print(f"charlm is installed without its compiled kernels, and will be slower: {error}", file=sys.stderr)
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self.build_config.builder.get_best_matching_tag().rpartition('-')[2]}"
        build_data["artifacts"].extend(f"charlm/kernels/{path.name}" for path in built.paths.values())
