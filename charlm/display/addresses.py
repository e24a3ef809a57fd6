"""The results of `charlm inspect memory`: on the terminal, as JSON, arrays, a picture and a page. Knows no model.

A head's weightings are a map: a column for each character, in the order of reading, and a row for each place.

Shape letters: T characters, N places.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from charlm.display.figures import INK, new_figure, save_png, style_axes
from charlm.display.html_page import render_page, without_controls
from charlm.display.output import stdout_width
from charlm.display.printing import print_stderr, write_safely
from charlm.display.symbol_pieces import Pieces, in_one_cell
from charlm.display.units import counted
from charlm.display.value_scale import SHADES
from charlm.inspection.addresses import HeadAddresses
from charlm.text.vocabulary import Vocabulary

LEAST = 0.1  # of the weight at which a place is shown in the terminal
ROWS = 24  # places of a head in the terminal
WIDEST = 100  # characters of a line where there is no terminal
FAINTEST = 0.01  # of the weight that a page shows


def print_addresses(
    about: Mapping[str, Any], vocabulary: Vocabulary, ids: np.ndarray, heads: Sequence[HeadAddresses]
) -> None:
    """A map for each head, as wide as the terminal, of the places that have weight."""
    print_stderr(f"{about['run']}, step {about['step']:,}; read: {about['text']}")
    names = characters(vocabulary, ids)
    for head in heads:
        places = shown_places(head.weightings)
        label = max(5, len(str(places[-1])) if len(places) else 0)
        width = max(10, (stdout_width() or WIDEST) - label - 1)
        write_safely(sys.stdout, f"layer {head.layer}, {head.head}\n")
        for first in range(0, len(names), width):
            part = slice(first, first + width)
            write_safely(sys.stdout, f"{'place':>{label}} {''.join(names[part])}\n")
            for place in places:
                marks = "".join(SHADES[shade] for shade in shades(head.weightings[part, place]))
                write_safely(sys.stdout, f"{place:>{label}} {marks}".rstrip() + "\n")
        left = head.weightings.shape[1] - len(places)
        if left:
            write_safely(sys.stdout, f"{counted(left, 'other place')} with less than {LEAST:.0%} of the weight\n")
        write_safely(sys.stdout, "\n")
    print_stderr("each column is a character that was read; a full block is all of the head's weight")


def characters(vocabulary: Vocabulary, ids: np.ndarray) -> list[str]:
    """One printable character for each symbol of ids (T,)."""
    pieces = Pieces.of(vocabulary, ids)
    names = [" "] * len(ids)
    for text, place in zip(pieces.texts, pieces.places.tolist(), strict=True):
        names[place] = in_one_cell(text, "·")
    return names


def shown_places(weightings: np.ndarray) -> list[int]:
    """The places with weight, in order: at most ROWS, those that had most of it in sum."""
    found = np.flatnonzero(weightings.max(0) >= LEAST)
    if len(found) > ROWS:
        found = np.sort(found[np.argsort(-weightings[:, found].sum(0), kind="stable")[:ROWS]])
    return [int(place) for place in found]


def shades(weights: np.ndarray) -> list[int]:
    """The shade of each weight; what is not shown as 0 has at least the faintest."""
    steps = np.ceil(np.asarray(weights) * (len(SHADES) - 1) - 1e-6)
    return [int(step) for step in np.where(weights < 0.05, 0, np.clip(steps, 1, len(SHADES) - 1))]


def addresses_json(vocabulary: Vocabulary, ids: np.ndarray, heads: Sequence[HeadAddresses]) -> dict[str, Any]:
    """The characters, and for each head the place with most weight after each of them, and this weight."""
    return {
        "characters": [vocabulary.symbols[number] for number in ids.tolist()],
        "heads": [
            {
                "layer": head.layer,
                "head": head.head,
                "places": head.weightings.shape[1],
                "strongest": head.strongest.tolist(),
                "weight": [round(float(weight), 6) for weight in head.sharpness],
            }
            for head in heads
        ],
    }


def addresses_arrays(ids: np.ndarray, heads: Sequence[HeadAddresses]) -> dict[str, np.ndarray]:
    """ids (T,), the names of the heads, and the weightings (T, N) of each, counted from 1."""
    arrays = {"ids": ids, "heads": np.array([f"{head.layer}:{head.head}" for head in heads])}
    return arrays | {f"weightings_{number}": head.weightings for number, head in enumerate(heads, 1)}


def plot_addresses(vocabulary: Vocabulary, ids: np.ndarray, heads: Sequence[HeadAddresses], path: Path) -> None:
    """The maps below each other, dark where the weight is."""
    figure = new_figure(8, 0.6 + 2.4 * len(heads), path)
    names = characters(vocabulary, ids)
    for axes, head in zip(np.atleast_1d(figure.subplots(len(heads), 1)), heads, strict=True):
        style_axes(axes)
        axes.imshow(head.weightings.T, aspect="auto", cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(f"layer {head.layer}, {head.head}", loc="left", fontsize=10, color=INK)
        axes.set_ylabel("place", color=INK)
        if len(names) <= 80:
            axes.set_xticks(range(len(names)), names, fontsize=7, family="monospace")
    save_png(figure, path)


def addresses_page(
    about: Mapping[str, Any], vocabulary: Vocabulary, ids: np.ndarray, heads: Sequence[HeadAddresses]
) -> str:
    """The maps as rectangles; pointing at a column, or going through them with the arrow keys, reads it out."""
    names = [without_controls(name) for name in characters(vocabulary, ids)]
    maps = [
        {
            "name": f"layer {head.layer}, {head.head}",
            "places": head.weightings.shape[1],
            "cells": [
                [int(step), int(place), round(float(head.weightings[step, place]), 3)]
                for step, place in np.argwhere(head.weightings >= FAINTEST)
            ],
        }
        for head in heads
    ]
    line = f"{about['run']}, step {about['step']:,} ({about['model']}); read: {about['text']}"
    return render_page(
        "memory",
        "Where the heads look",
        {"maps": maps, "names": names},
        lines=[without_controls(line)],
        heads=[each["name"] for each in maps],
    )
