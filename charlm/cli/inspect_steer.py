"""`charlm inspect steer`: sets units by hand while the model writes, and says what that changes."""

from __future__ import annotations

from typing import Annotated

import typer

from charlm.cli.inspect_cells import Length, ProbeOption, Samples, Seed
from charlm.cli.inspect_files import Force, Html, Npz, check_one_form, write_arrays, write_page
from charlm.cli.inspected_text import Run, ValueOption
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Json
from charlm.display.output import print_json
from charlm.errors import UsageError

COMMAND = "charlm inspect steer"


def steer(
    run: Run = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="LAYER:UNIT", help="Units: 2:17, a range 2:17-20, a layer 2; can be repeated."),
    ] = None,
    level: Annotated[float | None, typer.Option("--set", metavar="X", help="The value that it is set to.")] = None,
    probe: ProbeOption = None,
    value: ValueOption = None,
    samples: Samples = 64,
    length: Length = 300,
    temperature: Annotated[float, typer.Option(min=0.01, max=10.0, help="Temperature of the samples.")] = 1.0,
    prompt: Annotated[str, typer.Option(help="What every sample begins with.")] = "",
    seed: Seed = 0,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Also show N pairs of samples.")] = 0,
    html: Html = None,
    npz: Npz = None,
    force: Force = False,
    cell_file: CellFile = None,
    as_json: Json = False,
) -> None:
    """Set a unit by hand while the model writes, and measure what that changes in its texts.

    Each sample is written twice with the same random numbers: as the model would, and with the unit set after each
    character. The interval of the mean difference is a bootstrap over the pairs.
    """
    import math

    if not unit or level is None:
        what = "Which unit, and what to set it to?"
        raise UsageError(what, COMMAND, f"Give both: {COMMAND} {run or 'RUN'} --unit 1:0 --set 1")
    if not math.isfinite(level):
        raise UsageError(f"--set cannot be {level}", COMMAND, "Give a number, such as 1.")
    check_one_form(COMMAND, npz, html, force, as_json)
    from charlm.display.steering import Steered, print_steered, steered_arrays, steered_json, steered_page
    from charlm.display.waiting import Waiting
    from charlm.inspection.probes import chosen_probes
    from charlm.inspection.steering import effect_of, setting_of, written
    from charlm.inspection.value_names import chosen_values, units_named, units_of
    from charlm.kernels.blas import limit_blas_threads
    from charlm.sampling.writing import opening_ids

    limit_blas_threads()
    probes = chosen_probes(probe)
    checkpoint = open_named(run, f"{COMMAND} {{run}}")
    values = chosen_values(checkpoint.model, None, value)
    units = units_named(unit, units_of(values))
    vocabulary = checkpoint.vocabulary
    end = checkpoint.record_end
    opening = opening_ids(vocabulary, vocabulary.encode(prompt, "skip").ids, end)
    with Waiting(f"writing {samples} pairs of samples"):
        free, steered = (
            written(checkpoint.writer, vocabulary, setting, opening, samples, length, seed, temperature, end)
            for setting in ({}, setting_of(units, [level] * len(units), values))
        )
    names = [next(each.name for each in values if each.layer == one.layer) for one in units]
    about = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "units": [str(one) for one in units],
        "values": names,
        "set": level,
        "samples": samples,
        "length": length,
        "temperature": temperature,
        "seed": seed,
    }
    effects = [effect_of(one, free, steered, seed) for one in probes]
    found = Steered(about, effects, list(zip(free, steered, strict=True)))
    if npz:
        write_arrays(npz, force, steered_arrays(found))
    if html:
        write_page(html, force, steered_page(found, show, probe is not None))
    elif as_json:
        print_json(steered_json(found, show))
    elif not npz:
        print_steered(found, show, probe is not None)
