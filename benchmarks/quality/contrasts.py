"""Two arms of one recipe, which differ in one thing: by seed, with an interval over seeds and one over pictures."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean, stdev
from typing import NamedTuple

from scipy import stats

from .arms import EMOLLM, EMOLLM_LORA, HOST
from .report import Answered, Group, gain, right

FACES, PHOTOGRAPHS = ("fer2013", "480 faces, 1 pass"), ("oasis", "1 pass")


class Contrast(NamedTuple):
    """What `first` has that `second` lacks, and the data set and budget on which both were trained."""

    what: str
    place: tuple[str, str]
    first: str
    second: str


CONTRASTS = (
    Contrast("the perspectives", FACES, EMOLLM_LORA, "emollm, LoRA, no perspectives"),
    Contrast("perspectives and EmoPrompt", FACES, EMOLLM_LORA, "host, LoRA+block10+alignment"),
    Contrast("EmoPrompt", FACES, EMOLLM_LORA, "emollm, LoRA, no EmoPrompt"),
    Contrast("over logistic regression", FACES, EMOLLM_LORA, "logistic regression, block 10"),
    Contrast("over LLaVA's way, another recipe", FACES, EMOLLM_LORA, HOST),
    Contrast("over logistic regression", PHOTOGRAPHS, EMOLLM, "logistic regression, block 14"),
    Contrast("over LLaVA's way, another recipe", PHOTOGRAPHS, EMOLLM, HOST),
)


class Measured(NamedTuple):
    """A contrast in points of accuracy, with 95 % over seeds and over pictures."""

    contrast: Contrast
    tower: str
    answers: int
    by_seed: list[float]
    mean: float
    seeds: tuple[float, float]
    pictures: tuple[float, float]


def measured(found: dict[Group, dict[str, Answered]]) -> Iterator[Measured]:
    """Each of `CONTRASTS` by tower; those that were not run with two seeds are left out."""
    for one in CONTRASTS:
        for (data, tower, budget), arms in sorted(found.items()):
            if (data, budget) == one.place and one.first in arms and one.second in arms:
                yield from _measured(one, tower, arms[one.second], arms[one.first])


def _measured(one: Contrast, tower: str, second: Answered, first: Answered) -> Iterator[Measured]:
    by_seed = [_points(seed, second, first) for seed in first.seeds if seed in second.seeds]
    pictures = gain([(one.place[0], second, first)])
    if len(by_seed) < 2 or pictures is None:
        return
    # The seed draws data, projector and order, so a seed is one observation: Student's t with as many less one.
    far, middle = stats.t.ppf(0.975, len(by_seed) - 1) * stdev(by_seed) / len(by_seed) ** 0.5, mean(by_seed)
    over_pictures = (100 * pictures.low, 100 * pictures.high)
    yield Measured(one, tower, pictures.items, by_seed, middle, (middle - far, middle + far), over_pictures)


def contrasts(found: dict[Group, dict[str, Answered]]) -> str:
    """A Markdown table of what `measured` gives."""
    lines = [
        "| what | data | tower | answers | by seed | mean | 95 % over seeds | 95 % over pictures |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for own in measured(found):
        by_seed = ", ".join(f"{points:+.1f}" for points in own.by_seed)
        lines.append(
            f"| {own.contrast.what} | {own.contrast.place[0]} | {own.tower.removeprefix('efficientnet_')} | {own.answers}"
            f" | {by_seed} | {own.mean:+.1f} | {interval(own.seeds)} | {interval(own.pictures)} |"
        )
    return "\n".join(lines)


def interval(ends: tuple[float, float]) -> str:
    """As it stands in a table."""
    return f"{ends[0]:+.1f} to {ends[1]:+.1f}"


def _points(seed: int, second: Answered, first: Answered) -> float:
    both = [place for place in first.pairs if place[0] == seed and place in second.pairs]
    return 100 * mean(right(first.pairs[place]) - right(second.pairs[place]) for place in both)
