"""The picture itself: answer, probabilities, rationale, and maps over what the model saw. Pillow alone draws it."""

from __future__ import annotations

from bisect import bisect
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emobench_data.schema.steps import read_steps
from emobench_data.scoring.gold import task_title

from .seen import Map, Panel

WIDTH, MARGIN, TILE, GAP = 1080, 32, 236, 24
STRIP = (WIDTH - 2 * MARGIN, 110)  # of a sound, time from left to right
TICK = 16  # height of the seconds below a strip
FRAMES = 100  # of a spectrogram a second
COLUMNS, HEAD = 4, 86  # maps in a row; heading, a note of two lines and the numbers above a matrix
INK, GREY, BAR, PAPER = (30, 30, 34), (105, 105, 112), (206, 84, 62), (255, 255, 255)
# From least to most; dark to light, so that it is read in print and by the colour-blind.
RAMP = np.array([(38, 18, 84), (136, 34, 106), (214, 70, 72), (250, 146, 40), (252, 240, 150)], float)
LABELS_SHOWN, TEXT_LINES = 8, 13
NAME = 96  # of a step


class Sheet:
    """Drawn from the top down: `answer`, then `add` for each perspective, then `finish`.

    Args:
        seen: the picture as the vision tower got it, square, or None.
        title: said in small letters above the answer.
        heard: the spectrogram of the sound, or None; one of the two is there.
    """

    def __init__(self, seen: Image.Image | None, title: str, heard: Image.Image | None = None) -> None:
        self.image = Image.new("RGB", (WIDTH, 4000), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.seen, self.heard, self.y, self.column = seen, heard, MARGIN, 0
        self._text(MARGIN, title, 15, GREY, width=WIDTH - 2 * MARGIN, lines=1)
        self.y += 24

    def answer(self, report: dict[str, Any], question: str | None) -> None:
        """The emotion as headline; below it the picture, the probabilities and the model's own words."""
        found = report["emotion"] if "emotion" in report else f"{task_title(report['task'])}: {report['label'] or 'no answer'}"
        self._text(MARGIN, f"{found}, {100 * report['confidence']:.0f} %", 32, INK, width=WIDTH - 2 * MARGIN)
        self.y += 52
        second, third = (MARGIN + n * (TILE + GAP) for n in (1, 2))
        self._text(MARGIN, "What the model sees" if self.seen else "What the model hears", 17, INK)
        self._text(second, "Probability of each label", 17, INK)
        self._text(third, "Why, in the model's own words" if report["rationale"] else "Why", 17, INK)
        top = self.y = self.y + 28
        shown = self.seen or self.heard
        assert shown is not None  # one of the two is there
        self.image.paste(shown.resize((TILE, TILE), Image.Resampling.BICUBIC), (MARGIN, top))
        self._bars(second, top, report["probabilities"])
        width = 2 * TILE + GAP
        if report.get("words"):
            asked = f'With the words "{report["words"]}"'
            self.y += 6 + self._text(third, asked, 14, GREY, width=width, lines=2)
        if report["rationale"]:
            self._steps(third, report["rationale"], width)
        else:
            self.y += self._text(third, f"({report.get('note') or 'no words'})", 15, GREY, width=width, lines=3)
        self.y += 6 + self._text(third, f"Trained on: {report['trained_on']}", 14, GREY, width=width, lines=2, above=-6)
        if question:
            self.y += 10
            self.y += self._text(third, question, 15, GREY, width=width, lines=3)
            self.y += self._text(third, report["answer"], 15, INK, width=width, lines=4)
        self.y = max(self.y, top + TILE) + 30

    def add(self, panel: Panel) -> None:
        """Heading, note and maps of a perspective, beside the one before if there is room in its row."""
        wide = any(one.wide for one in panel.maps)
        if self.column and (not panel.maps or wide or self.column + len(panel.maps) > COLUMNS):
            self._next_row()
        x = MARGIN + self.column * (TILE + GAP)
        room = max(len(panel.maps), 2) * (TILE + GAP) - GAP
        top = self.y
        self._text(x, panel.heading, 20, INK)
        self._text(x, panel.note, 14, GREY, width=room, lines=2, above=-28)
        if not panel.maps:
            self.y += HEAD
            return
        self.y += HEAD
        if wide:
            for one in panel.maps:
                self._tile(x, one, STRIP)
                self.y += STRIP[1] + TICK + 60
            return
        for one in panel.maps:
            self._tile(x, one, (TILE, TILE))
            x += TILE + GAP
        self.y, self.column = top, self.column + max(len(panel.maps), 2)
        if self.column >= COLUMNS:
            self._next_row()

    def finish(self) -> Image.Image:
        """The finished picture, with the legend of the colours at its foot."""
        if self.column:
            self._next_row()
        for x in range(TILE):
            self.pen.line((MARGIN + x, self.y, MARGIN + x, self.y + 12), fill=_color(x / (TILE - 1)))
        legend = "from 0 to the highest of the map, or to the end of the scale, where one is written below"
        self._text(MARGIN + TILE + GAP, legend, 14, GREY, above=2)
        return self.image.crop((0, 0, WIDTH, self.y + 16 + MARGIN))

    def _next_row(self) -> None:
        self.y, self.column = self.y + HEAD + TILE + 60, 0

    def _bars(self, x: int, top: int, shares: dict[str, float]) -> None:
        ranked = sorted(shares.items(), key=lambda pair: -pair[1])
        rest = ranked[LABELS_SHOWN:]
        rows = [*ranked[:LABELS_SHOWN], *([(f"{len(rest)} others", sum(share for _, share in rest))] if rest else [])]
        step = min(TILE // max(len(rows), 1), 33)
        for row, (label, share) in enumerate(rows):
            y = top + row * step
            end = x + round(TILE * share)
            self.pen.rectangle((x, y + step - 9, x + TILE, y + step - 6), fill=(232, 232, 236))
            if end > x:
                self.pen.rectangle((x, y + step - 9, end, y + step - 6), fill=BAR)
            font = _font(14)
            number = f"{100 * share:.1f} %"
            self.pen.text((x, y), _cut(label, font, TILE - 60), fill=INK, font=font)
            self.pen.text((x + TILE - font.getlength(number), y), number, fill=INK, font=font)

    def _steps(self, x: int, words: str, width: int) -> None:
        """Steps a line each, their names apart, or what else was said."""
        steps = read_steps(words)[:TEXT_LINES]
        if not steps:
            self.y += self._text(x, words, 15, INK, width=width, lines=TEXT_LINES)
            return
        for name, value in steps:
            self._text(x, name, 15, GREY, width=NAME - 8)
            self.y += 6 + self._text(x + NAME, value, 15, INK, width=width - NAME, lines=max(1, TEXT_LINES // len(steps)))

    def _tile(self, x: int, one: Map, size: tuple[int, int]) -> None:
        high = float(one.values.max()) if one.top is None else one.top
        scaled = one.values / high if high > 0 else np.zeros_like(one.values)
        heat = Image.fromarray(_color(scaled)).resize(size, Image.Resampling.NEAREST)
        below = self.heard if one.wide else self.seen
        if one.over_image and below:
            under = below.convert("L").convert("RGB").resize(size, Image.Resampling.BICUBIC)
            heat = Image.blend(under, heat, 0.6)
        self.image.paste(heat, (x, self.y))
        if not one.over_image:
            self._numbers(x, one.values, scaled)
        top = self.y
        if one.wide:
            self._seconds(x, top + size[1])
            self.y += TICK
        self._text(x, one.caption, 14, INK, width=size[0], lines=1, above=-(size[1] + 6))
        low, most = float(one.values.min()), float(one.values.max())
        span = f"{100 * low:.1f} to {100 * most:.1f} %" if one.share else f"{low:.3g} to {most:.3g}"
        self._text(x, f"{span}; scale to {100 * high:.1f} %" if one.top is not None else span, 14, GREY, above=-(size[1] + 25))
        self.y = top

    def _seconds(self, x: int, y: int) -> None:
        """Times along the foot of a strip: its beginning, four more, its end."""
        assert self.heard is not None  # a strip is of a sound
        font, end = _font(12), self.heard.width / FRAMES
        for part in range(6):
            text = f"{end * part / 5:.1f} s"
            left = x + (STRIP[0] - font.getlength(text)) * part / 5
            self.pen.text((left, y + 3), text, fill=GREY, font=font)

    def _numbers(self, x: int, shares: np.ndarray, scaled: np.ndarray) -> None:
        """The slots' numbers beside and above a matrix, and its percentages in it, where there is room."""
        cell = TILE / len(shares)
        if cell < 24:
            return
        font = _font(12)
        for slot in range(len(shares)):
            middle = (slot + 0.5) * cell
            self.pen.text((x - 12, self.y + middle - 7), str(slot + 1), fill=GREY, font=font)
            self.pen.text((x + middle - 4, self.y - 17), str(slot + 1), fill=GREY, font=font)
        for row, column in np.ndindex(*shares.shape):
            text = f"{100 * shares[row, column]:.0f}"
            left = x + (column + 0.5) * cell - font.getlength(text) / 2
            color = INK if scaled[row, column] > 0.6 else PAPER
            self.pen.text((left, self.y + (row + 0.5) * cell - 7), text, fill=color, font=font)

    def _text(self, x: int, text: str, size: int, color: Any, *, width: int = WIDTH, lines: int = 1, above: int = 0) -> int:
        """Write at most `lines` lines from `y` on, `above` pixels higher; returns their height."""
        font, step = _font(size), round(size * 1.35)
        wrapped = _wrap(text, font, width)
        if len(wrapped) > lines:
            wrapped = [*wrapped[: lines - 1], _cut(" ".join(wrapped[lines - 1 :]), font, width)]
        for number, line in enumerate(wrapped):
            self.pen.text((x, self.y - above + number * step), line, fill=color, font=font)
        return step * len(wrapped)


_font = lru_cache(ImageFont.load_default)  # Pillow's own; it reads it anew at each call


def _color(share: float | np.ndarray) -> Any:
    """Colours of shares from 0 to 1; a tuple for one, (..., 3) uint8 for an array."""
    place = np.linspace(0, 1, len(RAMP))
    mixed = np.stack([np.interp(share, place, RAMP[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)
    return mixed if mixed.ndim > 1 else tuple(mixed.tolist())


def _wrap(text: str, font: Any, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            lines, longer = [*lines, line], word
        line = longer
    return [_cut(one, font, width) for one in [*lines, line]]


def _cut(text: str, font: Any, width: int) -> str:
    """`text`, cut with an ellipsis where it is wider than `width` pixels."""
    if font.getlength(text) <= width:
        return text
    fits = bisect(range(1, len(text) + 1), width, key=lambda count: font.getlength(f"{text[:count]}..."))
    return f"{text[:fits]}..."
