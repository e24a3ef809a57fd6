"""`charlm.sample`: text that a trained model writes, by the rules of `charlm sample`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.api.models import checkpoint_of
from charlm.checkpoint import Checkpoint
from charlm.checkpoint.moved import Moved
from charlm.sampling.rules.decoding import Decoding
from charlm.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from charlm.sampling.copies.copy_limit import CopyLimit

MOVED = {"sources": "text=PATH", "valid": "valid=FILE", "test": "test=FILE"}  # how a call names what has moved


def sample(
    model: Checkpoint | str | Path | None = None,
    prompt: str = "",
    *,
    length: int | None = None,
    seed: int | None = None,
    decoding: Decoding | None = None,
    regex: str | None = None,
    only: str | None = None,
    words: Collection[str] | None = None,
    utf8: bool = False,
    max_copy: int | None = None,
    text: str | Path | None = None,
    valid: str | Path | None = None,
    test: str | Path | None = None,
    best_of: int | None = None,
    beam: int | None = None,
    ensemble: Sequence[Checkpoint | str | Path] = (),
    adapt: str | Path | None = None,
    adapt_rate: float | None = None,
    **rules: Any,
) -> str:
    """`length` characters after the prompt, 200 if it is None. `model` is as for `load`.

    Of a model of records the prompt is the beginning of a record, and the text is the rest of it, without its end: all
    of it if `length` is None, and never an empty record, unless the model writes nothing else.

    With a seed, it is the text that `charlm sample --seed` writes after the prompt with the same `length`. Characters
    of the prompt that the model does not know are left out, or read as its unknown symbol, if it has one
    (text.min_count). Raises IntegrityError if the model's scores are not finite.

    The rules are a `Decoding`, or its fields as keywords, with the names of the options: `top_k=40`, `typical=0.9`,
    `logit_bias={"e": -2}` by characters, `samplers=["top_k", "temperature"]`. Raises UsageError for what cannot be.

    `regex` is a pattern that the text matches as a whole, `only` a class of characters such as "a-z ,.'", `words` a
    list of words; with `utf8`, a model of bytes writes whole characters alone. A pattern needs the extra `constrain`.
    None of them constrains the prompt. `max_copy` is the longest run of characters that may stand in the training text,
    which is read again; it needs that extra, too. Raises TextError or CheckpointError if that text is not there:
    `text` is where it is now, if it has moved, and so are `valid` and `test` for texts of their own.

    `best_of` writes so many texts and keeps the likeliest; `beam` is the most likely line that a search of this width
    finds, of which the rules and the seed are no part. `ensemble` are other models of the same symbols: the mean of all
    probabilities counts. Raises CheckpointError if they have other symbols. `adapt` is a text in a file, which `model`
    reads first, and learns from at `adapt_rate`: no file of it changes. That imports torch. Raises TextError for a text
    that cannot be read, DivergedError for a rate that is too high.
    """
    import numpy as np

    from charlm.engines.choosing import stepper
    from charlm.randomness import fresh_seed
    from charlm.sampling.constraints.constraining import Asked, make_constraint
    from charlm.sampling.loop.generation import read
    from charlm.sampling.loop.masks import Masks
    from charlm.sampling.many.ensemble import together
    from charlm.sampling.rules.keywords import decoding_of
    from charlm.sampling.samples import wanted_samples
    from charlm.sampling.whole_records import LONGEST
    from charlm.sampling.writing import Wanted, opening_ids
    from charlm.text.prompt import as_trained
    from charlm.text.records.record_lanes import record_end_id

    given = {"regex": regex, "only": only, "words": words, "utf8": utf8 or None, "max_copy": max_copy}
    _check_sample(length, seed, adapt, adapt_rate, {**given, "best_of": best_of, "beam": beam})
    checkpoint = checkpoint_of(model)
    settings, vocabulary = checkpoint.settings.text, checkpoint.vocabulary
    end, begun = record_end_id(settings, vocabulary), as_trained(prompt, settings, vocabulary)
    decoding = decoding_of(decoding, rules, vocabulary)
    length = (200 if end is None else LONGEST) if length is None else length
    heard = vocabulary.encode(begun, "skip").ids
    constraint = make_constraint(Asked(regex, only, _known(words, vocabulary), utf8), vocabulary, length, end)
    moved = Moved(*(() if place is None else (str(place),) for place in (text, valid, test)))
    masks = Masks(constraint, _limit(checkpoint, max_copy, moved, heard.tolist(), end))
    models = [_adapted(checkpoint, adapt, adapt_rate, end), *_others(checkpoint, ensemble)]
    stepped = together([stepper(each.writer) for each in models])
    with np.errstate(over="ignore", invalid="ignore"):  # scores that overflow are an error of their own
        after = read(stepped, opening_ids(vocabulary, heard, end))
        before = vocabulary.decode(after.ids[end is not None :]) if heard.size else ""
        wanted = Wanted(decoding, length, (), end, masks, ids=best_of is not None)
        seed = fresh_seed() if seed is None else seed
        samples = wanted_samples(stepped, vocabulary, after, wanted, seed, 1, before, best_of=best_of, beam=beam)
        return "".join(fragment.text for fragment in next(samples, iter(())))


def _check_sample(
    length: int | None,
    seed: int | None,
    adapt: str | Path | None,
    adapt_rate: float | None,
    wishes: Mapping[str, Any],
) -> None:
    """Raise UsageError for a number out of range, and for wishes, by their names, that exclude each other."""
    from math import inf

    from charlm.errors import UsageError
    from charlm.sampling.excluding import MOST_TOGETHER, excluded_pair

    where = "charlm.sample"
    if length is not None and length < 0:
        raise UsageError(f"length cannot be {length}", where, "Give a number from 0 on.")
    if seed is not None and not 0 <= seed < 2**63:
        raise UsageError(f"seed cannot be {seed}", where, "Give a number from 0 on, below 2 to the 63rd.")
    for name in ("best_of", "beam"):
        if wishes[name] is not None and not 1 <= wishes[name] <= MOST_TOGETHER:
            raise UsageError(f"{name} cannot be {wishes[name]}", where, f"Give a number from 1 to {MOST_TOGETHER:,}.")
    if adapt_rate is not None and not (adapt is not None and 0 <= adapt_rate < inf):
        raise UsageError(f"adapt_rate cannot be {adapt_rate}", where, "Give 0 or more, such as 0.001, and adapt=FILE.")
    if pair := excluded_pair([name for name, value in wishes.items() if value is not None]):
        one, other = pair
        raise UsageError(f"{one} and {other} cannot go together", where, f"Leave {other} out, or leave {one} out.")


def _adapted(checkpoint: Checkpoint, file: str | Path | None, rate: float | None, end: int | None) -> Checkpoint:
    """The checkpoint, with weights that have learned from the text of a file if there is one."""
    if file is None:
        return checkpoint
    from charlm.adaptation.whole_text import learned
    from charlm.checkpoint.other_text import open_other_text
    from charlm.evaluation.predicting import in_order

    ids = open_other_text(checkpoint, [str(file)]).ids
    ids = ids if end is None else in_order(ids, end)
    return replace(checkpoint, parameters=learned(checkpoint.model, ids, end, str(file), rate))


def _others(checkpoint: Checkpoint, ensemble: Sequence[Checkpoint | str | Path]) -> list[Checkpoint]:
    """The other models of an ensemble."""
    from charlm.checkpoint.same_symbols import require_same_symbols

    others = list(map(checkpoint_of, ensemble))
    for other in others:
        require_same_symbols(checkpoint, other)
    return others


def _known(words: Collection[str] | None, vocabulary: Vocabulary) -> Collection[str] | None:
    """The words that the model can write."""
    from charlm.sampling.constraints.word_lists import known_words

    return None if words is None else known_words(words, vocabulary)


def _limit(
    checkpoint: Checkpoint, most: int | None, moved: Moved, heard: list[int], end: int | None
) -> CopyLimit | None:
    """The limit on copies of the training text, which may have moved, after a prompt of these ids."""
    from charlm.checkpoint.training_text import open_verbatim
    from charlm.errors import UsageError
    from charlm.sampling.copies.copy_limit import CopyLimit
    from charlm.sampling.writing import record_begun

    if most is None and moved.given:
        what = f"{next(iter(moved.given.values()))[0]} is where the training text is now, and nothing here reads it"
        raise UsageError(what, "charlm.sample", "Give max_copy with it. The beginning of a sample is `prompt`.")
    if most is None:
        return None
    if most < 1:
        raise UsageError(f"max_copy cannot be {most}", "charlm.sample", "Give a number of characters, from 1 on.")
    training = open_verbatim(checkpoint, "charlm.sample with", moved, MOVED)
    return CopyLimit(training, most, record_begun(heard, end), end)
