"""The text of scored_text.py, for commands whose scores are of characters or of lines. No command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.cli.scored_text import Opened, SplitName
    from charlm.display.waiting import Waiting
    from charlm.evaluation.characters import CharacterScores
    from charlm.evaluation.likeliest import Likeliest
    from charlm.text.corpus import Corpus

Reading = Literal["skip", "error", "nearest"]

ReadingOption = Annotated[
    Reading,
    typer.Option(
        help="Characters that the model does not know: leave them out (skip), read the nearest known ones, or end with "
        "an error. A model with an unknown symbol (text.min_count) reads that symbol, and its name is charged."
    ),
]


@dataclass(frozen=True)
class ChosenText:
    """What the arguments say, in the order of `charlm eval perplexity`. `command` is the name of the command."""

    command: str
    run: str | None
    text: list[str] | None
    split: SplitName | None
    moved: list[str] | None
    valid: list[str] | None
    test: list[str] | None
    encoding: str | None
    unknown: Reading

    def opened(self, checkpoint: Checkpoint) -> Opened:
        """The text. Raises as `open_wanted`, `open_corpus` and `reopen_text` do."""
        from charlm.checkpoint.moved import Moved
        from charlm.cli.scored_text import Wanted, open_wanted

        places = Moved(self.moved or (), self.valid or (), self.test or ())
        wanted = Wanted(self.command, self.text, self.split, places, self.encoding, self.unknown)
        return open_wanted(checkpoint, self.run, wanted)

    def scored(self, checkpoint: Checkpoint, device: str, line: Waiting) -> tuple[Corpus, CharacterScores]:
        """The corpus, and the nats of each character of what is to be read of it."""
        from charlm.cli.scored_text import scorer_for
        from charlm.display.progress import WatchedScorer
        from charlm.evaluation.characters import score_characters

        opened = self.opened(checkpoint)
        corpus, ids = opened.corpus, opened.ids
        scorer = WatchedScorer(scorer_for(checkpoint, device, ids.size), ids.size, line)
        end = checkpoint.record_end
        return corpus, score_characters(scorer, ids, corpus.vocabulary, end, corpus.unknown)

    def scored_with_likeliest(
        self, checkpoint: Checkpoint, most: int, line: Waiting
    ) -> tuple[Corpus, CharacterScores, Likeliest]:
        """The same with the likeliest symbols in the place of each, by numpy.

        Raises UsageError for more than `most` characters.
        """
        from charlm.display.progress import WatchedScorer
        from charlm.errors import UsageError
        from charlm.evaluation.characters import score_places, with_end
        from charlm.evaluation.likeliest import PlaceScorer

        opened = self.opened(checkpoint)
        corpus, ids = opened.corpus, opened.ids
        if ids.size > most:
            what = f"The text has {ids.size:,} characters, and at most {most:,} can be shown"
            raise UsageError(what, corpus.name, "Give a part of it, or its lines: charlm eval characters")
        end = checkpoint.record_end
        whole = with_end(ids, end)
        scorer = PlaceScorer(checkpoint.model, whole)
        watched = WatchedScorer(scorer, whole.size, line)
        found = score_places(watched, whole, corpus.vocabulary, end, corpus.unknown)
        return corpus, found, scorer.likeliest
