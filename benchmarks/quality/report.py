"""From rows to one Markdown table: mean and spread over seeds, the gain over the host, and its interval."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np

from emobench_data.io.errors import InputError
from emobench_data.metrics import bootstrap, macro_f1, percentiles

from ..shared.rows import Row
from .arms import ARMS, HOST
from .data import CONTROL, group_of

DRAWS = 10_000


class Answered(NamedTuple):
    """One arm on one data set with one tower, over all its seeds whose folds are all there.

    Args:
        pairs: (seed, item) -> right option and given one, a letter each.
        seconds: of training and answering, by seed.
        devices: that this was done on.
    """

    pairs: dict[tuple[int, str], str]
    seconds: dict[int, float]
    devices: frozenset[str]

    @property
    def seeds(self) -> list[int]:
        return sorted(self.seconds)

    def accuracy(self, seed: int) -> float:
        return mean(right(pair) for (own, _), pair in self.pairs.items() if own == seed)

    def macro_f1(self, seed: int) -> float:
        gold, given = zip(*(pair for (own, _), pair in self.pairs.items() if own == seed))
        return macro_f1(gold, given)


class Gain(NamedTuple):
    mean: float
    low: float
    high: float
    items: int
    drawn: np.ndarray  # (DRAWS,), the mean with groups drawn anew


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
            whole = {
                seed: [*own.values()] for seed, own in seeds.items() if len(own) == next(iter(own.values()))["key"]["folds"]
            }
            pairs = {
                (seed, item): pair
                for seed, own in whole.items()
                for row in own
                for item, pair in row["answers"].items()
                if kept is None or item in kept
            }
            seconds = {seed: sum(row["seconds"] for row in own) for seed, own in whole.items()}
            devices = frozenset(row["device"] for own in whole.values() for row in own)
            if pairs:
                found.setdefault(group, {})[arm] = Answered(pairs, seconds, devices)
    return found


def gain(pairs: Iterable[tuple[str, Answered, Answered]]) -> Gain | None:
    """Mean of the second's accuracy less the first's over what both answered, with 95 % when groups are drawn anew.

    Args:
        pairs: a data set's name, host and arm for each tower; towers weigh alike, and draw the same groups.
    """
    pairs = list(pairs)
    groups, kinds = [], []
    for tower, (data, first, second) in enumerate(pairs):
        for place, pair in second.pairs.items():
            if place in first.pairs:
                groups.append(group_of(data, place[1]))
                kinds.append(3 * tower + 1 + right(pair) - right(first.pairs[place]))
    if not kinds:
        return None
    # By tower, an answer adds -1, 0 or 1 to the gain, and 1 to how many there are.
    adds = np.kron(np.eye(len(pairs)), [[-1, 1], [0, 1], [1, 1]])
    units = np.unique(groups, return_inverse=True)[1]
    drawn = bootstrap(units, kinds, adds, _mean_over_towers, draws=DRAWS)
    return Gain(float(_mean_over_towers(adds[kinds].sum(0)[None])[0]), *percentiles(drawn), len(kinds), drawn)


def _mean_over_towers(sums: np.ndarray) -> np.ndarray:
    return (sums[:, ::2] / sums[:, 1::2]).mean(1)


def table(found: dict[Group, dict[str, Answered]]) -> str:
    """The Markdown table, host first."""
    lines = [
        "| data | tower | budget | arm | seeds | n | accuracy | macro-F1 | majority | gain over host | 95 % | s | on |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (data, tower, budget), arms in sorted(found.items()):
        host = arms.get(HOST)
        for arm in sorted(arms, key=list(ARMS).index):
            own = arms[arm]
            more = gain([(data, host, own)]) if host and arm != HOST else None
            told = f"{more.mean:+.3f} | {more.low:+.3f} to {more.high:+.3f}" if more else "|"
            scores = " | ".join(_spread([of(seed) for seed in own.seeds]) for of in (own.accuracy, own.macro_f1))
            lines.append(
                f"| {data} | {tower.removeprefix('efficientnet_')} | {budget} | {arm} | {len(own.seeds)}"
                f" | {len(own.pairs)} | {scores} | {_majority(own):.3f} | {told} | {mean(own.seconds.values()):.0f}"
                f" | {', '.join(sorted(own.devices))} |"
            )
    return "\n".join(lines)


def overall(found: dict[Group, dict[str, Answered]], chosen: Mapping[tuple[str, str], str]) -> str:
    """One line a data set: the gain of its chosen arm over the host, in the mean over towers; their mean without the control.

    Args:
        chosen: data set and budget -> arm.
    """
    lines, gains = [], []
    for (data, budget), arm in chosen.items():
        towers = [arms for (*place, own), arms in sorted(found.items()) if (place[0], own) == (data, budget)]
        pairs = [(data, arms[HOST], arms[arm]) for arms in towers if HOST in arms and arm in arms]
        more = gain(pairs)
        if more:
            lines.append(
                f"- {data}: {arm} over {HOST} {more.mean:+.3f} ({more.low:+.3f} to {more.high:+.3f}; "
                f"towers: {len(pairs)}, answers: {more.items})"
            )
            gains += [more] if data != CONTROL else []
    return "\n".join(lines + _mean_of(gains))


def _mean_of(gains: list[Gain]) -> list[str]:
    if len(gains) < 2:
        return []
    # Every data set is drawn with one seed, and they do not hang together.
    shuffled = [np.random.default_rng(number).permutation(own.drawn) for number, own in enumerate(gains)]
    low, high = percentiles(np.mean(shuffled, axis=0))
    return [f"- mean of the data sets, without the control: {mean(own.mean for own in gains):+.3f} ({low:+.3f} to {high:+.3f})"]


def _spread(values: list[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def _majority(own: Answered) -> float:
    counts = Counter(pair[0] for pair in own.pairs.values())
    return counts.most_common(1)[0][1] / counts.total()
