"""From rows to one Markdown table: mean and spread over seeds, the gain over the host, and its interval."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import mean, stdev
from typing import Iterable, NamedTuple

import numpy as np
from sklearn.metrics import f1_score

from emobench_data.errors import InputError
from emobench_data.scoring.cells import interval

from .arms import ARMS, HOST
from .data import CONTROL, group_of
from .rows import Row

DRAWS = 10_000
SEED = 0


class Answered(NamedTuple):
    """One arm on one data set with one tower, over all its seeds whose folds are all there.

    Args:
        pairs: (seed, item) -> right option and given one, a letter each.
        seconds: of training and answering, by seed.
    """

    pairs: dict[tuple[int, str], str]
    seconds: dict[int, float]

    @property
    def seeds(self) -> list[int]:
        return sorted(self.seconds)

    def accuracy(self, seed: int) -> float:
        return mean(right(pair) for (own, _), pair in self.pairs.items() if own == seed)

    def macro_f1(self, seed: int) -> float:
        gold, given = zip(*(pair for (own, _), pair in self.pairs.items() if own == seed))
        return f1_score(gold, given, average="macro", labels=sorted(set(gold)), zero_division=0)


class Gain(NamedTuple):
    mean: float
    low: float
    high: float
    items: int


Group = tuple[str, str, str]  # data set, tower, budget


def right(pair: str) -> bool:
    return pair[0] == pair[1]


def gather(rows: Iterable[Row], kept: set[str] | None = None) -> dict[Group, dict[str, Answered]]:
    """Answers by data set, tower and budget, and then by arm; development rows are left out.

    Args:
        kept: only these items of OASIS, both of its tasks, and nothing else.

    Raises:
        InputError: a row is of no arm that is known, or another was made in its place under different conditions.
    """
    parts: dict[Group, dict[str, dict[int, dict[int, Row]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for row in rows:
        key = row["key"]
        if key["arm"] not in ARMS:
            raise InputError(f"a row is of arm {key['arm']!r}, which is not known; take it out of the file")
        if not key["development"] and (kept is None or key["folds"] > 1):
            folds = parts[key["data"], key["tower"], key["budget"]][key["arm"]][key["seed"]]
            if folds.setdefault(key["fold"], row)["key"] != key:
                place = ", ".join(str(key[name]) for name in ("data", "tower", "arm", "seed", "fold"))
                raise InputError(f"two rows for {place}, made under different conditions; keep one of them in the file")
    found: dict[Group, dict[str, Answered]] = {}
    for group, arms in parts.items():
        for arm, seeds in arms.items():
            whole = {seed: [*own.values()] for seed, own in seeds.items()
                     if len(own) == next(iter(own.values()))["key"]["folds"]}  # fmt: skip
            pairs = {(seed, item): pair for seed, own in whole.items() for row in own
                     for item, pair in row["answers"].items() if kept is None or item in kept}  # fmt: skip
            seconds = {seed: sum(row["seconds"] for row in own) for seed, own in whole.items()}
            if pairs:
                found.setdefault(group, {})[arm] = Answered(pairs, seconds)
    return found


def gain(pairs: Iterable[tuple[str, Answered, Answered]]) -> Gain | None:
    """Mean of the second's accuracy less the first's over what both answered, with 95 % when groups are drawn anew.

    Args:
        pairs: a data set's name, host and arm; several towers count together, a photograph's answers stay in one group.
    """
    sums: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for data, first, second in pairs:
        for place, pair in second.pairs.items():
            if place in first.pairs:
                group = group_of(data, place[1])
                sums[group] += right(pair) - right(first.pairs[place])
                sizes[group] += 1
    if not sizes:
        return None
    drawn = np.random.default_rng(SEED).integers(len(sizes), size=(DRAWS, len(sizes)))
    own, count = (np.array([each[group] for group in sizes]) for each in (sums, sizes))
    low, high = interval(own[drawn].sum(1) / count[drawn].sum(1))
    return Gain(own.sum() / count.sum(), low, high, int(count.sum()))


def table(found: dict[Group, dict[str, Answered]]) -> str:
    """The Markdown table, host first."""
    lines = ["| data | tower | budget | arm | seeds | n | accuracy | macro-F1 | majority | gain over host | 95 % | s |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for (data, tower, budget), arms in sorted(found.items()):
        host = arms.get(HOST)
        for arm in sorted(arms, key=list(ARMS).index):
            own = arms[arm]
            more = gain([(data, host, own)]) if host and arm != HOST else None
            told = f"{more.mean:+.3f} | {more.low:+.3f} to {more.high:+.3f}" if more else "|"
            scores = " | ".join(_spread([of(seed) for seed in own.seeds]) for of in (own.accuracy, own.macro_f1))
            lines.append(
                f"| {data} | {tower.removeprefix('efficientnet_')} | {budget} | {arm} | {len(own.seeds)}"
                f" | {len(own.pairs)} | {scores} | {_majority(own):.3f} | {told} | {mean(own.seconds.values()):.0f} |"
            )
    return "\n".join(lines)


def overall(found: dict[Group, dict[str, Answered]], arm: str, host: str = HOST) -> str:
    """One line a data set: the gain of `arm` over all towers both were run with; their mean without the control."""
    by_data: dict[str, list[tuple[str, Answered, Answered]]] = defaultdict(list)
    for (data, _, _), arms in sorted(found.items()):
        if host in arms and arm in arms:
            by_data[data].append((data, arms[host], arms[arm]))
    lines, means = [], []
    for data, pairs in by_data.items():
        more = gain(pairs)
        if more:
            if data != CONTROL:
                means.append(more.mean)
            lines.append(f"- {data}: {arm} over {host} {more.mean:+.3f} ({more.low:+.3f} to {more.high:+.3f}; "
                         f"towers: {len(pairs)}, answers: {more.items})")  # fmt: skip
    if len(means) > 1:
        lines.append(f"- mean of the data sets, without the control: {mean(means):+.3f}")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def _majority(own: Answered) -> float:
    counts = Counter(pair[0] for pair in own.pairs.values())
    return counts.most_common(1)[0][1] / counts.total()
