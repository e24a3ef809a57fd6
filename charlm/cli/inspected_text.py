"""A model and the values that it has over a text: what several commands of `charlm inspect` begin with. No command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.completing import complete_corpus, complete_run
from charlm.cli.inspect_subject import Subject, open_one
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    from charlm.display.states_page import Shown
    from charlm.display.value_text import ValueText
    from charlm.inspection.recorded_values import Recorded
    from charlm.inspection.value_names import Unit

MOST = 50_000_000  # characters
FEWEST = 2

Run = Annotated[
    str | None,
    typer.Argument(help="A run, its folder or a checkpoint. Default: the latest run.", autocompletion=complete_run),
]
Text = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE|CORPUS",
        help="A text to read. Default: the run's valid split.",
        autocompletion=complete_corpus,
    ),
]
LayerOption = Annotated[
    int | None, typer.Option("--layer", metavar="N", help="One layer alone; 1 is the lowest. Default: all.")
]
ValueOption = Annotated[
    str | None,
    typer.Option(
        "--value",
        metavar="NAME",
        help="Which value of a unit: a part of the state (c, h) or a gate (forget). Default: the memory c of cells "
        "that have one, else h.",
    ),
]


@dataclass(frozen=True, eq=False)
class Inspected(Subject):
    """A model, the text that it read, and its values after each character."""

    recorded: Recorded

    @property
    def about(self) -> dict[str, Any]:
        values = {str(layer): name for layer, name in self._names.items()}
        return super().about | {"characters": len(self.ids), "values": values}

    @property
    def _names(self) -> dict[int, str]:
        """The name of the value that is looked at in each layer."""
        return {value.layer: value.name for value in self.recorded.values}

    def value_of(self, unit: Unit) -> str:
        """The name of the value that is looked at in the layer of a unit."""
        return self._names[unit.layer]

    def is_gate(self, unit: Unit) -> bool:
        return self.value_of(unit) in self.checkpoint.model.layers[unit.layer - 1].cell.GATES

    def recorded_before_training(self) -> Recorded:
        """The same values of the network as the run's seed initialised it."""
        from charlm.evaluation.recording import record_values

        model, vocabulary = self.before_training, self.checkpoint.vocabulary
        return record_values(model, self.ids, vocabulary, self.end, self.recorded.values)[1]

    @property
    def shown(self) -> Shown:
        """What pages draw."""
        from charlm.display.states_page import Shown

        checkpoint = self.checkpoint
        layers = enumerate(checkpoint.model.layers, 1)
        gates = frozenset(number for number, layer in layers if self._names.get(number) in layer.cell.GATES)
        model = f"{self.name}, step {checkpoint.step:,}, {checkpoint.settings.model.in_short()}"
        return Shown(
            self.text, model, self.recorded, self.ids, checkpoint.model, checkpoint.vocabulary, gates, self.end
        )

    @property
    def pieces(self) -> ValueText:
        """The text as it is shown."""
        from charlm.display.value_text import ValueText

        return ValueText.of(self.checkpoint.vocabulary, self.ids)


def open_inspected(
    command: str, run: str | None, text: str | None, layer: int | None, value: str | None, most: int = MOST
) -> Inspected:
    """Open a run and a text, at most its first `most` characters, and let the model read it, or take the values from
    the cache. `command` is the one that was given. Says on stderr what was left out, and how records are read.

    Raises UsageError for a layer or a value that is not there, TextError for a text that is too short.
    """
    from charlm.display.progress import WatchedScorer
    from charlm.display.waiting import Waiting
    from charlm.errors import TextError
    from charlm.evaluation.recording import record_values
    from charlm.inspection.value_names import chosen_values
    from charlm.kernels.blas import limit_blas_threads

    limit_blas_threads()
    subject = open_one(f"{command} {{run}} {{text}}", command, run, text)
    checkpoint, ids, end = subject.checkpoint, subject.ids, subject.end
    values = chosen_values(checkpoint.model, layer, value)
    if end is not None:
        print_stderr(f"{subject.name} was trained on records: each is read from a fresh state")
    if len(ids) > most:
        print_stderr(f"of {len(ids):,} characters the first {most:,} are read")
        ids = ids[:most]
    if len(ids) < FEWEST:
        raise TextError("The text is too short to look at", f"{len(ids)} characters", "Give a longer text.")
    with Waiting("reading with the model") as line:
        ids, recorded = record_values(
            checkpoint.model,
            ids,
            checkpoint.vocabulary,
            end,
            values,
            lambda scorer: WatchedScorer(scorer, len(ids), line, "reading"),
        )
    return Inspected(checkpoint, subject.text, ids, recorded)
