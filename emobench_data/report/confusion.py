"""A confusion matrix as what is drawn of it: labels, and cells with their shade, in pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

SHOWN = 14  # labels of a matrix; the rest is one
CELL, LEFT, TOP = 30, 130, 96


def matrix(confusion: Mapping[str, Mapping[str, int]], title: str) -> dict[str, Any]:
    """Rows are the gold, columns what was predicted; a cell's shade is its share of the row."""
    totals = Counter({truth: sum(row.values()) for truth, row in confusion.items()})
    for row in confusion.values():
        totals.update(dict.fromkeys(row, 0))
    kept = [label for label, _ in sorted(totals.items(), key=lambda one: (one[0].startswith("("), -one[1], one[0]))]
    named = [label for label in kept if not label.startswith("(")]
    fold = dict.fromkeys(named[SHOWN:], "(other)")
    cells: Counter[tuple[str, str]] = Counter()
    for truth, row in confusion.items():
        for guess, n in row.items():
            cells[fold.get(truth, truth), fold.get(guess, guess)] += n
    order = list(dict.fromkeys(fold.get(label, label) for label in kept))
    rows = [label for label in order if any(truth == label for truth, _ in cells)]
    columns = [label for label in order if any(guess == label for _, guess in cells) or label in rows]
    return {
        "title": title,
        "width": LEFT + CELL * len(columns) + 60,
        "height": TOP + CELL * len(rows) + 8,
        "columns": [
            {"x": LEFT + CELL * place + CELL / 2 + 4, "y": TOP - 8, "text": _short(label)}
            for place, label in enumerate(columns)
        ],
        "rows": [
            {"x": LEFT - 8, "y": TOP + CELL * place + CELL / 2 + 4, "text": _short(label)} for place, label in enumerate(rows)
        ],
        "cells": [
            _cell(row, column, truth, guess, cells[truth, guess], sum(cells[truth, one] for one in columns))
            for row, truth in enumerate(rows)
            for column, guess in enumerate(columns)
        ],
    }


def _cell(row: int, column: int, truth: str, guess: str, n: int, total: int) -> dict[str, Any]:
    share = n / total if total else 0
    hue = "37, 99, 168" if truth == guess else "190, 75, 50"
    return {
        "x": LEFT + CELL * column,
        "y": TOP + CELL * row,
        "side": CELL - 1,
        "fill": f"rgba({hue}, {0.04 + 0.9 * share:.3f})",
        "ink": "#fff" if share > 0.55 else "#222",
        "truth": truth,
        "guess": guess,
        "n": n,
    }


def _short(label: str) -> str:
    return label if len(label) <= 18 else f"{label[:17]}…"
