"""The result of `charlm eval bound` as a table. Every number but KL is an upper bound, and is printed as one.

Knows no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr
from charlm.display.units import counted

COLLAPSED = "collapsed: KL is below 0.005 bits per character, so the model has learnt to do without its latents"


def print_bound(result: Mapping[str, Any], notes: Sequence[str]) -> None:
    """`result` is the object of `--json`; the notes say how the text was read."""
    for note in notes:
        print_stderr(note)
    part = "" if result["split"] == "all" else f", {result['split']} split"
    read = f"{counted(result['lines'], 'line')}, {result['characters']:,} characters with their ends"
    print_stderr(f"{result['run']}, step {result['step']:,}, latent {result['kind']}; {result['text']}{part}: {read}")
    if left_out := result["unknown_left_out"]:
        print_stderr(f"{left_out:,} characters that the model does not know were left out")
    rows = [("particles" if result["particles"] else "draws", "bits per character")]
    rows += [(f"{each['draws']:,}", f"<= {each['at_most_bits_per_character']:.4f}") for each in result["by_draws"]]
    print_table(rows, right=(rows[0][0],))
    used = f"{result['active_units']} of {counted(result['units'], 'unit')} used"
    line = result["kl_nats_per_line"]
    print_text(f"KL {result['kl_bits_per_character']:.4f} bits per character, {line:.2f} nats a line; {used}\n")
    if result["collapsed"]:
        print_stderr(COLLAPSED)
