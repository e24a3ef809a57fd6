"""The version, and the name of the package on an index, where every room can read them. pyproject.toml reads both.

The name `charlm` belongs to another project there: whoever installs it gets that one.
"""

__version__ = "0.1.0"

DISTRIBUTION = "charlm-rnn"


def install_extra(extra: str) -> str:
    """The command that installs what an extra needs, such as `plot`."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"
