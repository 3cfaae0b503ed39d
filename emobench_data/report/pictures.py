"""What a page shows as pictures: thumbnails of media, and a confusion matrix as SVG."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Mapping
from html import escape
from pathlib import Path

from PIL import Image

from ..io.errors import InputError
from ..media.examine import PictureFault, kind_of, leads_out, open_picture
from ..media.video import ClipFault, Sampling, read_frames
from ..schema.medium import path_fault

SIDE = 112  # pixels of a thumbnail
SHOWN = 14  # labels of a matrix; the rest is one
CELL, LEFT, TOP = 30, 130, 96


def thumbnail(root: Path | None, name: str) -> tuple[str, str]:
    """The medium `name` under `root` as a data URI, or `""` and why there is none. Nothing outside `root` is opened."""
    if root is None:
        return "", "no media folder known (--media-root)"
    path, base = root / name, root.resolve()
    if path_fault(name) or leads_out(path, base):
        return "", "refused: its path leaves the media folder"
    try:
        kind = kind_of(path)
        if kind not in ("image", "video"):
            return "", f"{kind}, no picture"
        small = _middle_frame(path) if kind == "video" else open_picture(path, base)
    except (PictureFault, ClipFault) as error:
        return "", error.fault
    except InputError:
        return "", "the clip cannot be read here"
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=72)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}", ""


def _middle_frame(clip: Path) -> Image.Image:
    return Image.fromarray(read_frames(clip, Sampling(frames=3), side=SIDE).pixels[1])


def confusion_svg(confusion: Mapping[str, Mapping[str, int]], title: str) -> str:
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
    return _svg(rows, columns, cells, title)


def _svg(rows: list[str], columns: list[str], cells: Counter[tuple[str, str]], title: str) -> str:
    width, height = LEFT + CELL * len(columns) + 60, TOP + CELL * len(rows) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">'
    ]
    for j, guess in enumerate(columns):
        x = LEFT + CELL * j + CELL / 2 + 4
        parts.append(f'<text transform="translate({x},{TOP - 8}) rotate(-45)">{escape(_short(guess))}</text>')
    for i, truth in enumerate(rows):
        y = TOP + CELL * i
        total = sum(cells[truth, guess] for guess in columns)
        parts.append(f'<text x="{LEFT - 8}" y="{y + CELL / 2 + 4}" text-anchor="end">{escape(_short(truth))}</text>')
        for j, guess in enumerate(columns):
            n = cells[truth, guess]
            share = n / total if total else 0
            hue = "37, 99, 168" if truth == guess else "190, 75, 50"
            parts.append(
                f'<rect x="{LEFT + CELL * j}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" '
                f'fill="rgba({hue}, {0.04 + 0.9 * share:.3f})">'
                f"<title>{escape(truth)} → {escape(guess)}: {n}</title></rect>"
            )
            if n:
                colour = "#fff" if share > 0.55 else "#222"
                x = LEFT + CELL * j + (CELL - 1) / 2
                parts.append(f'<text x="{x}" y="{y + CELL / 2 + 4}" text-anchor="middle" fill="{colour}">{n}</text>')
    return "".join([*parts, "</svg>"])


def _short(label: str) -> str:
    return label if len(label) <= 18 else f"{label[:17]}…"
