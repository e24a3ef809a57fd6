"""`charlm sample`: text from a trained model, on stdout as it is written. Imports no torch unless it uses a GPU."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from charlm.cli import sample_options as options
from charlm.cli.adapted import adapted_to, check_adapting
from charlm.cli.opening import open_named
from charlm.cli.options import CellFile, JsonAtEnd
from charlm.cli.record_choice import RecordChoice, label_prompt
from charlm.cli.sample_checks import check_together, check_values
from charlm.cli.sample_copies import Copies, open_training
from charlm.cli.sample_likelihood import beam_sample, described, open_others, together
from charlm.cli.sample_output import SampleNotes, print_as_json, print_prompt_notes, print_texts
from charlm.cli.sample_words import read_words, writable_words
from charlm.display.printing import print_stderr, until_closed
from charlm.errors import UsageError

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.engines.graph_stepper import GraphStepper
    from charlm.sampling.loop.generation import Model


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
    best_of: options.BestOf = None,
    beam: options.Beam = None,
    ensemble: options.EnsembleRuns = None,
    show_probabilities: options.ShowProbabilities = False,
    stop: options.Stop = None,
    seed: options.Seed = None,
    unknown: options.Unknown = "skip",
    adapt: options.Adapt = None,
    adapt_rate: options.AdaptRate = None,
    device: options.Device = "auto",
    as_json: JsonAtEnd = False,
    interactive: options.Interactive = False,
    choose: options.Choose = False,
) -> None:
    """Write text with a trained model."""
    stops = tuple(stop or ())
    check_values(500 if length is None else length, count, seed, stops, device, max_copy, best_of, beam)
    check_adapting(adapt, adapt_rate)
    constraints = {"--regex": regex is not None, "--words": words is not None, "--only": only is not None}
    constraints |= {"--utf8": utf8, "--max-copy": max_copy is not None}
    likelihoods = {"--best-of": best_of is not None, "--beam": beam is not None}
    session = "--choose" if choose else "--interactive" if interactive else ""
    if session:
        both = interactive and choose
        alone = {"--count": count != 1, "--json": as_json, "--unique": unique, "--novel": novel}
        alone |= {"--report": report, "--show-probabilities": show_probabilities}
        check_together(session, {"--interactive": both, **alone, **constraints, **likelihoods})
    if beam is not None:
        several = {"--count": count != 1, "--unique": unique, "--novel": novel, "--best-of": best_of is not None}
        check_together("--beam", {**several, **constraints, "--stop": bool(stop)})
    if best_of is not None:
        check_together("--best-of", {"--unique": unique, "--novel": novel})
    if show_probabilities and not as_json:
        raise UsageError("--show-probabilities is for --json", "--show-probabilities", "Give --json too.")
    if stop:  # it would cut off what has to be whole
        check_together("--stop", {"--regex": regex is not None, "--words": words is not None})

    import numpy as np

    from charlm.display.text_notes import prompt_notes, source_notes
    from charlm.sampling.constraints.constraining import Asked, make_constraint
    from charlm.sampling.copies.copy_limit import CopyLimit
    from charlm.sampling.loop.generation import read
    from charlm.sampling.loop.masks import Masks
    from charlm.sampling.many.likelihood import likeliest_of
    from charlm.sampling.rules.decoding import Decoding, read_samplers
    from charlm.sampling.rules.logit_bias import bias_of_ids, read_bias
    from charlm.sampling.whole_records import LONGEST, write_records
    from charlm.sampling.writing import Wanted, opening_ids, write_samples
    from charlm.text import prompt as prompts
    from charlm.text.unknown import UnknownCharacters

    decoding = Decoding(
        temperature, top_k, top_p, min_p, repetition_penalty, repetition_window, typical, mirostat, mirostat_lr,
        mirostat_ent, frequency_penalty, presence_penalty, no_repeat, samplers=read_samplers(samplers),
    )  # fmt: skip
    biases = dict(map(read_bias, logit_bias or ()))
    listed = None if words is None else read_words(words)
    piped = prompts.piped_prompt() if prompt is None and prompt_file is None and not session else ""
    text = piped or prompts.read_prompt(prompt, prompt_file)

    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.text.records.record_lanes import record_end_id

    checkpoint = open_named(run, "charlm sample {run} --prompt-file {text}")
    if adapt is not None:
        checkpoint = adapted_to(checkpoint, adapt, adapt_rate)
    vocabulary, end = checkpoint.vocabulary, record_end_id(checkpoint.settings.text, checkpoint.vocabulary)
    decoding = replace(decoding, logit_bias=bias_of_ids(biases, vocabulary))
    length = (500 if end is None else LONGEST) if length is None else length
    known, words_note = (None, "") if listed is None else writable_words(str(words), listed, vocabulary)
    constraint = make_constraint(Asked(regex, only, known, utf8), vocabulary, length, end)
    for option, value in (("--label", label), ("--unique", unique), ("--novel", novel)):
        if value and end is None:
            what = f"{option} is for models of records, and {checkpoint.run_name} is none"
            raise UsageError(what, option, "Train one with --records, or leave this out.")
    if label is not None:
        text = label_prompt(checkpoint, label) + text
    text = prompts.as_trained(text, checkpoint.settings.text, vocabulary)
    encoded = vocabulary.encode(text, unknown)
    copying = "--max-copy" if max_copy is not None else "--report" if report else ""
    training = open_training(checkpoint, copying) if copying else None
    seed = fresh_seed() if seed is None else seed
    others = open_others(checkpoint, ensemble or ())
    alone_on_cpu = others or best_of or beam or show_probabilities
    on_gpu = _gpu_stepper(checkpoint, device) if device.startswith("cuda") and count > 1 and not alone_on_cpu else None

    # Overflowing scores raise an error of their own, so numpy need not warn about them.
    with until_closed(sys.stdout), np.errstate(over="ignore", invalid="ignore"):
        print_stderr(f"{checkpoint.run_name}, step {checkpoint.step}, seed {seed}")
        for note in (*source_notes(piped), *filter(None, [words_note]), *(on_gpu.notes if on_gpu else ())):
            print_stderr(note)
        if device.startswith(("cuda", "mps")) and not on_gpu:
            print_stderr(f"--device {device}: the cpu is used instead, which is faster for one character at a time")
        for note in prompt_notes(UnknownCharacters.of(vocabulary, encoded.unknown, unknown)) if not session else ():
            print_stderr(note)
        print_prompt_notes(checkpoint, prompt or "", stops)

        for other in others:
            print_stderr(f"together with {other.run_name}, step {other.step}")

        model: Model[Any] = on_gpu or together([stepper(each.writer) for each in (checkpoint, *others)])
        if session:
            from charlm.cli import sample_session
            from charlm.sampling.conversation import Conversation

            start = Conversation(model, vocabulary, seed, end, decoding, length, stops)
            (sample_session.choose if choose else sample_session.converse)(start, unknown, text)
            return
        after = read(model, opening_ids(vocabulary, encoded.ids, end))
        opening = after.ids[end is not None or not encoded.ids.size :]
        limit = CopyLimit(training, max_copy, opening, end) if training and max_copy else None
        wanted = Wanted(
            decoding, length, stops, end, Masks(constraint, limit), ids=bool(training or best_of or show_probabilities)
        )
        begun = vocabulary.decode(after.ids[end is not None :]) if encoded.ids.size else ""
        choice = RecordChoice(checkpoint, unique, novel) if end is not None and length else None
        drawn = count * (best_of or 1)
        samples = (
            write_records(model, vocabulary, after, wanted, seed, drawn, begun, choice.accept)
            if choice
            else write_samples(model, vocabulary, after, wanted, seed, range(drawn))
        )
        if best_of:
            samples = likeliest_of(model, after, samples, best_of)
        if beam:
            samples = iter([iter([beam_sample(model, after, beam, length, end, vocabulary)])])
        copies = Copies(training, opening, report) if training else None
        describe = partial(described, model, after) if show_probabilities else None
        notes = SampleNotes(vocabulary, end, begun, choice, copies, describe, whole=as_json)
        if not as_json:
            print_texts(checkpoint, text, begun, map(notes.watched, samples), count, choice)
            notes.print()
            return
        about = {
            "run": checkpoint.run_name,
            "step": checkpoint.step,
            "seed": seed,
            "prompt": text,
            "settings": asdict(replace(decoding, logit_bias={}))
            | {"regex": regex, "only": only, "words": words, "utf8": utf8, "max_copy": max_copy}
            | {"best_of": best_of, "beam": beam, "ensemble": [other.run_name for other in others]}
            | {"logit_bias": biases, "length": length, "stop": list(stops), "unknown": unknown},
            "unknown_characters": sum(encoded.unknown.values()),
        }
        print_as_json(about, samples, count, notes)


def _gpu_stepper(checkpoint: Checkpoint, device: str) -> GraphStepper:
    """Raise UsageError if there is no such GPU."""
    from charlm.device import choose_compute
    from charlm.engines.choosing import gpu_stepper

    return gpu_stepper(checkpoint.writer, choose_compute(device, "fp32").torch_device())
