"""`charlm inspect gates`: how open the gates are. Opens the models; computes and draws nothing itself."""

from __future__ import annotations

from dataclasses import asdict

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_subject import Fresh, Picture, Runs, Text, draw_picture, open_subjects, print_texts
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json, print_table
from charlm.display.printing import print_stderr


def gates(
    runs: Runs = None,
    text: Text = None,
    fresh: Fresh = False,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
    picture: Picture = None,
) -> None:
    """How much of the time each gate is nearly closed (under 0.1) or nearly open (over 0.9)."""
    check_files(npz, html, force, as_json)
    from charlm.display.inspection_pages import gate_arrays, gates_page
    from charlm.display.inspection_plots import plot_gates
    from charlm.display.inspection_tables import gate_rows
    from charlm.display.waiting import watched
    from charlm.inspection.gates import HIGH, LOW, gate_shares

    subjects = open_subjects("gates", runs, text)
    names = [subject.name for subject in subjects]
    total = len(subjects)
    models = (gate_shares(subject.checkpoint.model, subject.ids, subject.end) for subject in subjects)
    trained = [*watched(models, "reading with the model", total)]
    starts = (gate_shares(subject.before_training, subject.ids, subject.end) if fresh else () for subject in subjects)
    before = [*watched(starts, "reading with the model before training", total)]
    if npz:
        write_arrays(npz, force, gate_arrays(trained, before))
    if html:
        write_page(html, force, gates_page([subject.about for subject in subjects], trained, before))
    if as_json:
        found = [
            subject.about | {"trained": [*map(asdict, after)], "fresh": [*map(asdict, start)] if fresh else None}
            for subject, after, start in zip(subjects, trained, before, strict=True)
        ]
        print_json({"low": LOW, "high": HIGH, "runs": found})
    elif not npz and not html:
        print_texts(subjects)
        if any(trained):
            print_table([*gate_rows(names, trained, before)], keys=3, right=("under 0.1", "between", "over 0.9"))
    for subject, after in zip(subjects, trained, strict=True):
        if not after:
            print_stderr(f"{subject.name} has no gates: it is {subject.checkpoint.settings.model.in_short()}")
    if any(trained):
        draw_picture(lambda path: plot_gates(names, trained, before, path), subjects, picture, "gates.png")
