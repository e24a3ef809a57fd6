"""`charlm export torch`, `onnx` and `hub`: a trained model in the forms of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, Run
from charlm.cli.output_file import check_output, written_whole
from charlm.display.printing import print_stderr

Folder = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="A folder that does not exist yet.")
]


def torch(run: Run = None, output: Folder = None, cell_file: CellFile = None) -> None:
    """Write a state dict for torch.nn.LSTM, GRU or RNN, with a short program that loads it and writes.

    The folder has model.safetensors, vocabulary.json and sample.py. For lstm, lstm97, cifg, gru and rnn.
    """
    from safetensors.numpy import save as to_safetensors

    from charlm.interchange.folder import require_new, write_folder
    from charlm.interchange.torch_form import torch_form
    from charlm.interchange.vocabulary_file import vocabulary_json

    checkpoint = open_named(run, "charlm export torch {run}")
    target = output or Path(f"{checkpoint.run_name}-torch")
    require_new(target)
    vocabulary = checkpoint.vocabulary
    first = vocabulary.newline if vocabulary.newline is not None else 0
    form = torch_form(checkpoint.model, first)
    files = {
        "model.safetensors": to_safetensors(form.arrays),
        "vocabulary.json": vocabulary_json(vocabulary).encode(),
        "sample.py": form.example.encode(),
    }
    write_folder(target, files)
    print_stderr(f"{sum(map(len, files.values())):,} bytes written to {target}, for torch.nn.{form.module}")
    print_stderr(f"try it: cd {target} && python sample.py")


def onnx(
    run: Run = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write. Default: RUN.onnx")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    cell_file: CellFile = None,
) -> None:
    """Write one step of a model as an ONNX graph: ids and states in, logits and states out, for any number of rows.

    Every cell of plain operations has one. The graph is compared with the model before it is written.
    """
    if output:
        check_output(output, force)
    from charlm.display.waiting import Waiting
    from charlm.errors import UsageError
    from charlm.interchange.onnx_step import TOLERANCE, largest_difference, onnx_step, state_names

    checkpoint = open_named(run, "charlm export onnx {run}")
    if not output:
        output = f"{checkpoint.run_name}.onnx"
        check_output(output, force)
    with Waiting("exporting") as line:
        content = onnx_step(checkpoint.model)
        line.say("comparing with the model")
        difference = largest_difference(checkpoint.model, content)
    if difference > TOLERANCE:
        raise UsageError(
            f"The graph differs from the model by {difference:.2g} in a logit; nothing was written",
            checkpoint.run_name,
            "Please report it, with the cell and its options.",
        )
    with written_whole(output, force) as file:
        file.write(content)
    states = ", ".join(state_names(checkpoint.model.fresh_state(1)))
    print_stderr(
        f"{len(content):,} bytes written to {output}; logits differ from the model's by {difference:.1g} at most"
    )
    print_stderr(f"inputs: ids, {states}; zeros before the first character")


def hub(
    run: Run = None,
    output: Folder = None,
    name: Annotated[str | None, typer.Option(help="The model's name. Default: the name of the run.")] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What others may do with the model, such as mit or cc-by-4.0.")
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md", help="Scores for the README: what `charlm eval card --markdown` wrote."),
    ] = None,
    cell_file: CellFile = None,
) -> None:
    """Write a folder that a model hub takes: weights, configuration, vocabulary and a README.

    It does not say where the training text was. `charlm import FOLDER` makes a run of it.
    """
    from charlm.errors import TextError
    from charlm.interchange.folder import require_new, write_folder
    from charlm.interchange.hub import hub_files

    checkpoint = open_named(run, "charlm export hub {run}")
    target = output or Path(f"{checkpoint.run_name}-hub")
    require_new(target)
    try:
        scores = card.read_text(encoding="utf-8") if card else None
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"Make it: charlm eval card {checkpoint.run_name} --markdown card.md"
        raise TextError(f"The card cannot be read: {error}", str(card), remedy) from None
    files = hub_files(checkpoint, name or checkpoint.run_name, licence, scores)
    write_folder(target, files)
    print_stderr(f"{sum(map(len, files.values())):,} bytes written to {target}")
    if scores is None:
        print_stderr(
            f"for a table of scores: charlm eval card {checkpoint.run_name} --markdown card.md, then --card card.md"
        )
    print_stderr("read README.md before you upload the folder, as with: hf upload you/name " + str(target))
