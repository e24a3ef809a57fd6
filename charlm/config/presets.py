"""Finds and reads presets and config files. Knows no setting."""

from __future__ import annotations

from pathlib import Path

from charlm.config.suggestions import suggestion
from charlm.config.yaml_reading import MAX_BYTES, Document, read_yaml
from charlm.errors import UsageError

SUFFIXES = (".yaml", ".yml")
PACKAGE = Path(__file__).parents[1]


def presets() -> dict[str, Path]:
    """The file of each preset by name."""
    return presets_in("")


def presets_in(part: str) -> dict[str, Path]:
    """The file of each preset in a folder of them, such as `studies`: in an installed wheel, or in `configs/`."""
    folder = PACKAGE / "presets"
    if not folder.is_dir():
        folder = PACKAGE.parent / "configs"
    return {path.stem: path for path in sorted((folder / part).glob("*.yaml"), key=lambda path: path.stem)}


def read_preset(name: str, where: str) -> Document:
    """The preset of that name. Raises UsageError if there is none; `where` is for its message."""
    found = presets()
    if name not in found:
        hint = suggestion(name, found)
        listed = f"Presets: {', '.join(found)}; or give a file whose name ends in .yaml."
        raise UsageError(f"There is no preset {name[:80]}", where, f"{hint} {listed}".strip())
    return read_config(found[name], f"preset {name}")


def is_file_name(name: str) -> bool:
    """Whether the argument of `-c` is a path rather than the name of a preset."""
    return name.endswith(SUFFIXES) or Path(name).name != name


def read_config(path: Path, source: str) -> Document:
    """The YAML in a file. Raises UsageError if it cannot be read; a large file is not read to its end."""
    remedy = "Give a preset, or a YAML file of settings: see `charlm config schema`."
    try:
        if not path.is_file():
            kind = "is not a file" if path.exists() else "does not exist"
            raise UsageError(f"The config file {kind}", str(path), remedy)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"The config file cannot be read: {error.strerror}", str(path), remedy) from error
    return read_yaml(content, source)
