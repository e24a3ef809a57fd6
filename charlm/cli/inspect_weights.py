"""`charlm inspect weights`: norms, spectra, biases and unused units. Computes and draws nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charlm.cli.inspect_files import Force, Html, Npz, check_files, write_arrays, write_page
from charlm.cli.inspect_place import Run, Text, TextOption, one_text, open_reading
from charlm.cli.inspect_subject import Fresh, Subject
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.display.printing import print_stderr
from charlm.errors import CheckpointError, TextError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint


def weights(
    run: Run = None,
    text: Text = None,
    text_option: TextOption = None,
    fresh: Fresh = False,
    cell_file: CellFile = None,
    as_json: Json = False,
    npz: Npz = None,
    html: Html = None,
    force: Force = False,
) -> None:
    """Norms of the weights, spectra of the recurrent matrices, gate biases, and units that do nothing in a text."""
    from charlm.display.waiting import Waiting
    from charlm.display.weights import Weighed, print_weights, weights_arrays, weights_json, weights_page
    from charlm.inspection.weights import unit_use, weigh

    check_files(npz, html, force, as_json)
    reading = _reading(run, one_text(text, text_option))
    checkpoint, ids = reading.checkpoint, reading.ids
    with Waiting("looking at the weights"):
        use = unit_use(checkpoint.model, ids, reading.end) if len(ids) else ()
        trained = Weighed(weigh(checkpoint.model), use)
        start = None
        if fresh:
            model = reading.before_training
            start = Weighed(weigh(model), unit_use(model, ids, reading.end) if len(ids) else ())
    about: dict[str, Any] = {"run": checkpoint.run_name, "step": checkpoint.step, "text": reading.text}
    if npz:
        write_arrays(npz, force, weights_arrays(trained, start))
    if html:
        write_page(html, force, weights_page(about, trained, start))
    if as_json:
        print_json(about | weights_json(trained, start))
    elif not npz and not html:
        print_weights(about, trained, start)


def _reading(run: str | None, text: str | None) -> Subject:
    """The text in which units are looked at. If the run's own text is gone, the weights can still be seen."""
    import numpy as np

    from charlm.cli.opening import open_named

    if text:
        return open_reading("weights", run, text)
    checkpoint: Checkpoint = open_named(run, "charlm inspect weights {run} {text}")
    try:
        return open_reading("weights", run, None)
    except (TextError, CheckpointError) as error:
        print_stderr(f"{error.what}: units are not looked at. A text can be named: charlm inspect weights RUN TEXT")
        return Subject(checkpoint, "nothing", np.zeros(0, np.int64))
