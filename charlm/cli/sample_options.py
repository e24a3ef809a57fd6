"""The options of `charlm sample`, in the groups in which its help shows them. Knows no command."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from charlm.cli.completing import complete_device, complete_run

PROMPT, RULES, RECORDS, SESSION = "Prompt", "Rules for the next character", "Records", "With a person"

Run = Annotated[
    str | None,
    typer.Argument(
        help="A run's name, its folder or one of its checkpoints. Default: the latest run.",
        autocompletion=complete_run,
    ),
]

Length = Annotated[
    int | None,
    typer.Option(
        "--length",
        "-n",
        help="Characters to write (bytes, if the model works on bytes). Default: 500; a whole record.",
    ),
]
Count = Annotated[int, typer.Option(help="Samples to write, each with its own random numbers.")]
Stop = Annotated[list[str] | None, typer.Option(help="Stop before this text; can be repeated.")]
Seed = Annotated[
    int | None, typer.Option(help="Seed; the same seed gives the same text. Default: random, and printed.")
]
Device = Annotated[
    str,
    typer.Option(
        help="Device: auto, cpu, mps or cuda. cuda is for many samples at once.", autocompletion=complete_device
    ),
]

Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        "-p",
        help="The beginning, which the model continues. Default: what is piped in.",
        rich_help_panel=PROMPT,
    ),
]
PromptFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="A file with the prompt, all of it; - is standard input.", rich_help_panel=PROMPT
    ),
]
Unknown = Annotated[
    Literal["skip", "error", "nearest"],
    typer.Option(help="What to do with characters of the prompt that the model does not know.", rich_help_panel=PROMPT),
]

Temperature = Annotated[
    float,
    typer.Option(help="Below 1 is more conservative, above 1 more random; 0 is greedy.", rich_help_panel=RULES),
]
TopK = Annotated[
    int | None, typer.Option(help="Choose only among the K most likely characters.", rich_help_panel=RULES)
]
TopP = Annotated[
    float | None,
    typer.Option(
        help="Choose only among the most likely characters that together have probability P.", rich_help_panel=RULES
    ),
]
MinP = Annotated[
    float | None,
    typer.Option(
        help="Choose only among characters at least P times as likely as the most likely one.", rich_help_panel=RULES
    ),
]
RepetitionPenalty = Annotated[
    float, typer.Option(help="Above 1 makes recent characters less likely; 1 has no effect.", rich_help_panel=RULES)
]

Label = Annotated[
    str | None,
    typer.Option(help="A model of records: the label to begin with (text.label).", rich_help_panel=RECORDS),
]
Unique = Annotated[bool, typer.Option("--unique", help="A model of records: no record twice.", rich_help_panel=RECORDS)]
Novel = Annotated[
    bool,
    typer.Option("--novel", help="A model of records: none that stands in the training text.", rich_help_panel=RECORDS),
]

Interactive = Annotated[
    bool,
    typer.Option(
        "--interactive",
        "-i",
        help="Answer one prompt after another and keep the state; :help explains.",
        rich_help_panel=SESSION,
    ),
]
Choose = Annotated[
    bool,
    typer.Option(
        "--choose", help="Show the ten likeliest next characters; you pick, one by one.", rich_help_panel=SESSION
    ),
]
