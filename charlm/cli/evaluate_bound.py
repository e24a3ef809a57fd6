"""`charlm eval bound`: at most so many bits per character, of a model with latent variables."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charlm.cli.chosen_text import ChosenText
from charlm.cli.opening import open_any
from charlm.cli.options import CellFile, Json
from charlm.cli.ranges import SEEDS, require_within
from charlm.cli.scored_text import Encoding, MovedTest, MovedText, MovedValid, Run, Split, Text
from charlm.display.output import print_json
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.latent.estimating import Estimate

COMMAND = "charlm eval bound"
MOST = 4096
SHOWN = (1, 16, 256)  # numbers of draws that are shown, as far as they divide the number that is asked for


def bound(
    run: Run = None,
    text: Text = None,
    cell_file: CellFile = None,
    draws: Annotated[
        int,
        typer.Option(metavar="K", help=f"Draws of the latents for each line, from 1 to {MOST:,}: more are tighter."),
    ] = 256,
    particles: Annotated[
        bool,
        typer.Option(
            "--particles",
            help="For long lines and a latent for each character: the draws go on side by side, and those that do not "
            "fit are replaced by copies of those that do.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    split: Split = None,
    moved: MovedText = None,
    valid: MovedValid = None,
    test: MovedTest = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Bound the score of a model with latent variables from above: bits per character, KL, latents that are used."""
    from charlm.kernels.blas import limit_blas_threads

    require_within("--draws", draws, 1, MOST, f"from 1 to {MOST:,}")
    require_within("--seed", seed, *SEEDS)
    limit_blas_threads()
    from charlm.display.bound_table import print_bound
    from charlm.display.waiting import Waiting
    from charlm.evaluation.score import Score
    from charlm.evaluation.text import count_unknown, name_unknown
    from charlm.latent.estimating import estimate
    from charlm.latent.stepwise import StepwiseModel

    checkpoint = open_any(run, f"{COMMAND} {{run}} {{text}}")
    model, end = checkpoint.latent_model, checkpoint.record_end
    if particles and not isinstance(model, StepwiseModel):
        what = (
            f"{checkpoint.run_name} has no latent for each character ({checkpoint.latent_kind}), only for a whole line"
        )
        raise UsageError(what, "--particles", "Leave --particles out.")
    assert end is not None
    began = time.perf_counter()
    with Waiting("reading the text") as line:
        chosen = ChosenText(COMMAND, run, text, split, moved, valid, test, encoding, "skip")
        opened = chosen.opened(checkpoint)
        corpus, ids = opened.corpus, opened.ids
        require_short(model.longest, ids, end, corpus.name)
        found = estimate(
            model, ids, end, numbers_of_draws(draws), seed, as_particles=particles,
            tell=lambda done: line.say(f"drawing: {done:,} of {ids.size:,} characters"),
        )  # fmt: skip
    naming = 0.0
    if count_unknown(ids, corpus.vocabulary):
        naming = name_unknown(Score(0.0, 1), ids, corpus.vocabulary, corpus.unknown).nats
    result = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "kind": checkpoint.latent_kind,
        "text": corpus.name,
        "split": opened.split,
        **bound_values(found, naming),
        "particles": particles,
        "seed": seed,
        "unknown_left_out": 0 if corpus.vocabulary.unknown_id is not None else sum(corpus.unknown.values()),
        "seconds": round(time.perf_counter() - began, 3),
    }
    if as_json:
        print_json(result)
    else:
        print_bound(result, corpus.notes)


def numbers_of_draws(most: int) -> tuple[int, ...]:
    """The numbers of draws that are shown if `most` are drawn: its divisors among SHOWN, and itself."""
    return (*(each for each in SHOWN if each < most and most % each == 0), most)


def require_short(longest: int | None, ids: Any, end: int, name: str) -> None:
    """Raise TextError if a line is longer than the model can have; None is any length."""
    from charlm.errors import TextError
    from charlm.text.records.record_hashes import find_records

    lengths = find_records(ids, end)[1]
    too_long = 0 if longest is None else int((lengths >= longest).sum())
    if longest is not None and too_long:
        raise TextError(
            f"{too_long:,} of {len(lengths):,} lines are too long for the canvas, which has {longest - 1:,} characters",
            name,
            f"Leave them out, for example with: awk 'length < {longest}' TEXT > short.txt",
        )


def bound_values(found: Estimate, naming: float) -> dict[str, Any]:
    """The values for `--json`; `naming` are nats of the names of unknown characters."""
    from charlm.evaluation.score import in_bits

    nats = {draws: value + naming for draws, value in found.nats.items()}
    tightest = min(nats.values()) / found.characters
    return {
        "at_most_nats_per_character": tightest,
        "at_most_bits_per_character": in_bits(tightest),
        "by_draws": [
            {"draws": draws, "at_most_bits_per_character": in_bits(value / found.characters)}
            for draws, value in nats.items()
        ],
        "kl_bits_per_character": found.divergence_bits,
        "kl_nats_per_line": found.divergence / found.lines,
        "active_units": found.active,
        "units": found.units,
        "collapsed": found.collapsed,
        "characters": found.characters,
        "lines": found.lines,
    }
