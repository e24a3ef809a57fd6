"""`charlm inspect gradients`: how far back gradients reach. Opens the models; computes and draws nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_subject import (
    Fresh,
    Picture,
    Runs,
    Subject,
    Text,
    check_range,
    draw_picture,
    open_subjects,
    print_texts,
)  # fmt: skip
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table

if TYPE_CHECKING:
    from charlm.inspection.gradients import GradientNorms
    from charlm.model.language_model import LanguageModel

FARTHEST, MOST_POSITIONS = 10_000, 10_000


def gradients(
    runs: Runs = None,
    text: Text = None,
    distance: Annotated[int, typer.Option(help="Largest distance, in characters.")] = 100,
    positions: Annotated[int, typer.Option(help="Positions in the text at which the loss is taken.")] = 128,
    fresh: Fresh = False,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
    picture: Picture = None,
) -> None:
    """How far back gradients reach: the norm of the loss's gradient with respect to the input k characters before."""
    from charlm.display.inspection_pages import gradient_arrays, gradients_page
    from charlm.display.inspection_plots import plot_gradients
    from charlm.display.inspection_tables import gradient_rows, norms_json
    from charlm.display.waiting import watched
    from charlm.inspection.gradients import gradient_norms

    check_range("--distance", distance, 1, FARTHEST)
    check_range("--positions", positions, 1, MOST_POSITIONS)
    check_files(npz, html, force, as_json)
    subjects = open_subjects("gradients", runs, text)
    names = [subject.name for subject in subjects]

    def measured(model: LanguageModel, subject: Subject) -> GradientNorms:
        return gradient_norms(model, subject.ids, distance, positions, subject.end)

    total = len(subjects)
    models = (measured(subject.checkpoint.model, subject) for subject in subjects)
    trained = [*watched(models, "computing gradients", total)]
    starts = (measured(subject.before_training, subject) if fresh else None for subject in subjects)
    before = [*watched(starts, "computing gradients before training", total)]
    if npz:
        write_arrays(npz, force, gradient_arrays(trained, before))
    if html:
        write_page(html, force, gradients_page([subject.about for subject in subjects], trained, before, distance))
    if as_json:
        found = [
            subject.about | {"trained": norms_json(after), "fresh": norms_json(start) if start else None}
            for subject, after, start in zip(subjects, trained, before, strict=True)
        ]
        print_json({"distance": distance, "runs": found})
    elif not npz and not html:
        print_texts(subjects)
        print_table([*gradient_rows(names, trained, before, distance)])
    draw_picture(lambda path: plot_gradients(names, trained, before, path), subjects, picture, "gradients.png")
