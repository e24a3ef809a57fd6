"""`charlm sample`: text from a trained model, on stdout as it is written. Imports no torch unless it uses a GPU."""

from __future__ import annotations

import sys
from functools import partial

from charlm.cli import sample_options as options
from charlm.cli.opening import open_any
from charlm.cli.options import CellFile, JsonAtEnd
from charlm.cli.record_choice import RecordChoice
from charlm.cli.sample_copies import Copies
from charlm.cli.sample_given import Given
from charlm.cli.sample_latent import write_latent
from charlm.cli.sample_likelihood import described
from charlm.cli.sample_output import SampleNotes, print_as_json, print_texts
from charlm.cli.sample_prepared import Prepared, prepare
from charlm.display.printing import print_stderr, until_closed


def sample(
    run: options.Run = None,
    prompt: options.Prompt = None,
    prompt_file: options.PromptFile = None,
    length: options.Length = None,
    count: options.Count = 1,
    label: options.Label = None,
    cell_file: CellFile = None,
    unique: options.Unique = False,
    novel: options.Novel = False,
    temperature: options.Temperature = 0.8,
    top_k: options.TopK = None,
    top_p: options.TopP = None,
    min_p: options.MinP = None,
    typical: options.Typical = None,
    repetition_penalty: options.RepetitionPenalty = 1.0,
    frequency_penalty: options.FrequencyPenalty = 0.0,
    presence_penalty: options.PresencePenalty = 0.0,
    repetition_window: options.RepetitionWindow = 64,
    no_repeat: options.NoRepeat = None,
    logit_bias: options.LogitBias = None,
    mirostat: options.Mirostat = 0,
    mirostat_ent: options.MirostatEnt = 2.0,
    mirostat_lr: options.MirostatLr = 0.1,
    samplers: options.Samplers = None,
    regex: options.Regex = None,
    only: options.Only = None,
    words: options.Words = None,
    utf8: options.Utf8 = False,
    max_copy: options.MaxCopy = None,
    report: options.Report = False,
    moved: options.MovedText = None,
    valid: options.MovedValid = None,
    test: options.MovedTest = None,
    best_of: options.BestOf = None,
    beam: options.Beam = None,
    ensemble: options.EnsembleRuns = None,
    show_probabilities: options.ShowProbabilities = False,
    stop: options.Stop = None,
    seed: options.Seed = None,
    unknown: options.Unknown = "skip",
    adapt: options.Adapt = None,
    adapt_rate: options.AdaptRate = None,
    between: options.Between = None,
    steps: options.BetweenSteps = None,
    near: options.Near = None,
    device: options.Device = "auto",
    as_json: JsonAtEnd = False,
    interactive: options.Interactive = False,
    choose: options.Choose = False,
) -> None:
    """Write text with a trained model."""
    given = Given(**locals())  # typer reads the options from this signature; from here on they are one value
    given.check()

    import numpy as np

    from charlm.checkpoint.contents import require_language_model

    checkpoint = open_any(given.run, "charlm sample {run} --prompt-file {text}")
    if checkpoint.latent_kind is not None or given.of_latents:
        write_latent(checkpoint, given)
        return
    require_language_model(checkpoint)
    prepared = prepare(given, checkpoint)
    # Overflowing scores raise an error of their own, so numpy need not warn about them.
    with until_closed(sys.stdout), np.errstate(over="ignore", invalid="ignore"):
        for note in prepared.notes(given):
            print_stderr(note)
        (_converse if given.session else _write)(given, prepared)


def _converse(given: Given, prepared: Prepared) -> None:
    """Write with a person, who answers or chooses."""
    from charlm.cli.sample_session import choose, converse
    from charlm.sampling.conversation import Conversation

    vocabulary, end, decoding = prepared.vocabulary, prepared.end, prepared.decoding
    start = Conversation(prepared.model(), vocabulary, prepared.seed, end, decoding, prepared.length, given.stops)
    (choose if given.choose else converse)(start, given.unknown, prepared.heard.text)


def _write(given: Given, prepared: Prepared) -> None:
    """Write the samples that were asked for, and what is known of them."""
    from charlm.sampling.copies.copy_limit import CopyLimit
    from charlm.sampling.loop.generation import read
    from charlm.sampling.loop.masks import Masks
    from charlm.sampling.samples import wanted_samples
    from charlm.sampling.writing import Wanted, opening_ids, record_begun

    checkpoint, vocabulary, end, training = prepared.checkpoint, prepared.vocabulary, prepared.end, prepared.training
    model, heard = prepared.model(), prepared.heard.encoded
    after = read(model, opening_ids(vocabulary, heard.ids, end))
    opening = record_begun(heard.ids.tolist(), end)
    begun = vocabulary.decode(after.ids[end is not None :]) if heard.ids.size else ""

    limit = CopyLimit(training, given.max_copy, opening, end) if training and given.max_copy else None
    reads_ids = bool(training or given.best_of or given.show_probabilities)
    masks = Masks(prepared.constraint, limit)
    wanted = Wanted(prepared.decoding, prepared.length, given.stops, end, masks, ids=reads_ids)
    choice = RecordChoice(checkpoint, given) if end is not None and prepared.length else None
    samples = wanted_samples(
        model, vocabulary, after, wanted, prepared.seed, given.count, begun, choice.accept if choice else None,
        given.best_of, given.beam,
    )  # fmt: skip

    copies = Copies(training, opening, given.report) if training else None
    describe = partial(described, model, after) if given.show_probabilities else None
    notes = SampleNotes(vocabulary, end, begun, choice, copies, describe, whole=given.as_json)
    if not given.as_json:
        print_texts(checkpoint, prepared.heard.text, begun, map(notes.watched, samples), given.count, choice)
        notes.print()
        return
    about = {
        "run": checkpoint.run_name,
        "step": checkpoint.step,
        "seed": prepared.seed,
        "prompt": prepared.heard.text,
        "settings": given.settings(prepared.decoding, prepared.length, [each.run_name for each in prepared.others]),
        "unknown_characters": sum(heard.unknown.values()),
    }
    print_as_json(about, samples, given.count, notes)
