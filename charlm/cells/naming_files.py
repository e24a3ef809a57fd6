"""Settings that a user gives name files of cells: here they become names that say which text the file had.

To name a file on a command line, or in a config file named there, is the consent to run it. Knows no command.
"""

from __future__ import annotations

from charlm.cells.own_files import CellFileError, trust
from charlm.cells.stacks import stack_problems
from charlm.config.cell_files import LONGEST, CellFile, cell_file
from charlm.config.problems import Problem
from charlm.config.settings import ModelSettings, Settings


def own_name(name: str) -> str:
    """A cell's name that the user wrote, with the sha256 of its file, which may run from now on.

    A name that has a sha256 already is one that charlm wrote, and is no consent. Raises CellFileError.
    """
    file = cell_file(name)
    if file is None or file.sha256:
        return name
    named = str(CellFile(file.path, file.class_name, trust(file.path)))
    if len(named) > LONGEST:
        raise CellFileError("The path of the cell's file is too long", file.path, "Name it from a nearer folder.")
    return named


def own_settings(settings: Settings) -> Settings:
    """The user's settings with such names. Raises CellFileError."""
    return settings.model_copy(update={"model": own_model(settings.model)})


def own_model(model: ModelSettings) -> ModelSettings:
    """The same for a model."""
    layers = model.layers and tuple(layer.model_copy(update={"cell": own_name(layer.cell)}) for layer in model.layers)
    return model.model_copy(update={"cell": own_name(model.cell), "layers": layers})


def own_stack_problems(settings: Settings) -> list[Problem]:
    """What is wrong with the user's stack. Runs the files that it names."""
    try:
        return stack_problems(own_settings(settings))
    except CellFileError as error:
        return [Problem("model.cell", f"{error.what}: {error.where}", error.remedy)]


def stack_problems_but_files(settings: Settings) -> list[Problem]:
    """The same for commands that only show settings: they run no file, and check no layer if one is in a file."""
    in_files = any(cell_file(layer.cell) for layer in settings.model.stack())
    return [] if in_files else stack_problems(settings)


def files_of(model: ModelSettings) -> list[CellFile]:
    """The files that the cells of a model are in, each class once."""
    names = dict.fromkeys(layer.cell for layer in model.stack())
    return [file for name in names if (file := cell_file(name))]
