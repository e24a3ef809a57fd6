"""What the commands of `charlm eval` share: a text that was given, its score, and the score as values. No command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.display.waiting import Waiting
    from charlm.evaluation.scorers import WindowScorer
    from charlm.evaluation.text import TextScore
    from charlm.text.corpus import Corpus
    from charlm.text.vocabulary import Ids

Policy = Literal["skip", "error", "nearest", "charge"]
UNKNOWN = (
    "Characters that the model does not know: leave them out (skip), read the nearest known ones, charge what a code "
    "would pay to name them, or end with an error. A model with an unknown symbol (text.min_count) leaves none out: it "
    "reads that symbol, and their names are always charged."
)
SMALL = 2_000_000  # characters; numpy scores fewer in less time than it takes to import torch and find a device


def score_of(
    checkpoint: Checkpoint, corpus: Corpus, ids: Ids, device: str, unknown: Policy, line: Waiting
) -> TextScore:
    """The score of ids (N,), which are all of the text or a part of it; the line says how far it is."""
    from charlm.display.progress import WatchedScorer
    from charlm.evaluation.text import reading_of, score_text
    from charlm.text.records.record_lanes import record_end_id
    from charlm.text.unknown import UnknownCharacters

    vocabulary = corpus.vocabulary
    # Of a part of the text, the bytes that normalizing took or added are known in proportion.
    lacking = UnknownCharacters.of(vocabulary, corpus.unknown, reading_of(unknown))
    elsewhere = lacking.bytes_of_symbol(vocabulary) * sum(lacking.as_symbol.values())
    changed_bytes = round((corpus.given_bytes - corpus.bytes - elsewhere) * ids.size / corpus.characters)
    scorer = WatchedScorer(scorer_for(checkpoint, device, ids.size), ids.size, line)
    end = record_end_id(checkpoint.settings.text, vocabulary)
    return score_text(scorer, ids, vocabulary, end, unknown, corpus.unknown, changed_bytes)


def units_of(found: TextScore) -> dict[str, float]:
    """The values of a score for `--json`."""
    score, lacking = found.score, found.lacking
    return {
        "nats_per_character": score.nats_per_character,
        "bits_per_character": score.bits_per_character,
        "bits_per_byte": score.bits_per_byte(found.bytes),
        "perplexity": score.perplexity,
        "characters": score.characters,
        "bytes": found.bytes,
        "unknown_characters": found.unknown,
        "unknown_replaced": sum(lacking.replaced.values()),
        "unknown_left_out": 0 if lacking.has_symbol else sum(lacking.left_out.values()) - found.charged,
        "unknown_charged": found.charged,
        "unknown_bits": found.charged_bits,
    }


def given_text(checkpoint: Checkpoint, text: list[str], encoding: str | None, unknown: Policy) -> Corpus:
    from charlm.evaluation.text import reading_of
    from charlm.text.corpus import open_corpus

    changes: dict[str, object] = {"sources": tuple(text), "decided": (), "split": "contiguous", "valid": (), "test": ()}
    if encoding:
        changes["encoding"] = encoding
    return open_corpus(checkpoint.settings.text.model_copy(update=changes), checkpoint.vocabulary, reading_of(unknown))


def scorer_for(checkpoint: Checkpoint, device: str, characters: int) -> WindowScorer:
    """numpy for a short text or the cpu, torch for a long text or another device."""
    from charlm.evaluation.scorers import NumpyScorer, TorchScorer

    if device == "cpu" or (device == "auto" and characters < SMALL):
        return NumpyScorer(checkpoint.model)
    import torch

    from charlm.device import choose_compute
    from charlm.model.language_model import LanguageModel

    chosen = choose_compute(device, "fp32").torch_device()
    parameters = {name: torch.tensor(value).to(chosen) for name, value in checkpoint.parameters.items()}
    return TorchScorer(LanguageModel(checkpoint.settings.model, parameters))
