"""From the rows of the reading to tables: arms, and gains with their intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np
from scipy import stats

from emobench_data.io.errors import InputError
from emobench_data.metrics import crossed_means, percentiles

from ..quality.data import group_of
from ..shared.rows import Row
from .arms import ARMS, FULL, LOGISTIC, PLAIN_HOST, SEEN
from .sets import MEASURED, SETS

Outcomes = dict[tuple[int, str], bool]  # seed, item -> whether it was answered right
Found = dict[str, dict[str, Outcomes]]  # data set -> arm
# What `FULL` is held against, and what each step of the way gives.
CONTRASTS = (
    (FULL, PLAIN_HOST),
    (FULL, "pooled"),
    (FULL, "cells"),
    *((FULL, f"ours, without {name}") for name in SEEN),
    (FULL, "ours, plain"),
    (FULL, LOGISTIC),
    ("pooled", PLAIN_HOST),
    ("cells", "pooled"),
    ("ours, without layout", "pooled"),
)
DRAWS = 10_000  # as the protocol says
ALWAYS = "always the same answer"
_KEY = {"protocol", "data", "arm", "seed", "development"}


class Gain(NamedTuple):
    """Right less right over what both arms answered.

    Args:
        by_seed: of each seed, in their order.
        drawn: with seeds and groups drawn anew.
    """

    value: float
    low: float
    high: float
    answers: int
    by_seed: list[float]
    drawn: np.ndarray


def gather(rows: Iterable[Row]) -> Found:
    """Outcomes of the reading; trials are left out. `ALWAYS` is the most frequent answer to all that was asked.

    Raises:
        InputError: a row is of another benchmark, or one answer was given twice under different conditions.
    """
    found: Found = defaultdict(lambda: defaultdict(dict))
    right: dict[str, dict[tuple[int, str], str]] = defaultdict(dict)
    for row in rows:
        key = row["key"]
        if not key.keys() >= _KEY or key["data"] not in SETS:
            raise InputError(f"a row of another benchmark, about {key.get('data')}; --rows names a file of this one")
        if key["development"]:
            continue
        own = found[key["data"]][key["arm"]]
        for item, pair in row["answers"].items():
            right[key["data"]][key["seed"], item] = pair[0]
            if own.setdefault((key["seed"], item), pair[0] == pair[1]) != (pair[0] == pair[1]):
                raise InputError(f"{key['data']} {key['arm']} seed {key['seed']}: two rows that differ; keep one of them")
    for data, answers in right.items():
        most = Counter(answers.values()).most_common(1)[0][0]
        found[data][ALWAYS] = {place: answer == most for place, answer in answers.items()}
    return found


def speaker(item: str) -> str:
    """Of an utterance of EMO-DB: `03a01Fa` -> `03`."""
    return item.rpartition("/")[2][:2]


def gain(data: str, first: Outcomes, second: Outcomes) -> Gain | None:
    """What `first` has more than `second`; None where they share no answer."""
    places = sorted(place for place in first if place in second)
    if not places:
        return None
    more = [float(first[place]) - float(second[place]) for place in places]
    groups = [_group(data, item) for _, item in places]
    seeds = [seed for seed, _ in places]
    drawn = crossed_means(more, seeds, groups, draws=DRAWS)
    by_seed = [mean(value for value, own in zip(more, seeds) if own == seed) for seed in sorted(set(seeds))]
    return Gain(mean(more), *percentiles(drawn), len(places), by_seed, drawn)


def by_seed(outcomes: Outcomes) -> list[float]:
    """Accuracy of each seed, in their order."""
    seeds = sorted({seed for seed, _ in outcomes})
    return [mean(right for (seed, _), right in outcomes.items() if seed == one) for one in seeds]


def tables(found: Found) -> str:
    """All tables as Markdown."""
    return "\n\n".join([_arms(found), _gains(found), _means(found)])


def _arms(found: Found) -> str:
    lines = ["| data | arm | seeds | n | accuracy | by seed |", "| --- | --- | --- | --- | --- | --- |"]
    for data, arms in found.items():
        for arm in (arm for arm in (*ARMS, ALWAYS) if arms.get(arm)):
            own = arms[arm]
            each = by_seed(own)
            shown = f"{100 * mean(own.values()):.1f} | {', '.join(f'{100 * one:.1f}' for one in each)}"
            lines.append(f"| {data} | {arm} | {len(each)} | {len(own)} | {shown} |")
    return "\n".join(lines)


def _gains(found: Found) -> str:
    head = ["data", "what", "answers", "by seed", "mean", "95 %, seeds and groups", "95 %, seeds alone", "mixed model"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for data, arms in found.items():
        for first, second in CONTRASTS:
            own = gain(data, arms.get(first, {}), arms.get(second, {}))
            if own is None:
                continue
            by_seed = ", ".join(f"{100 * each:+.1f}" for each in own.by_seed)
            cells = [data, f"{first} over {second}", str(own.answers), by_seed, f"{100 * own.value:+.1f}"]
            cells += [_span(own.low, own.high), _by_seeds(own.by_seed), mixed(data, arms[first], arms[second])]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _means(found: Found) -> str:
    lines = []
    for other in (PLAIN_HOST, LOGISTIC):
        own = mean_gain(found, other)
        if isinstance(own, str):
            return f"No mean gain yet, for want of rows: {own}."
        lines.append(f"Mean gain of {FULL} over {other}, the three sets alike: {100 * own[0]:+.1f} ({_span(*own[1:])}) points.")
    return "\n".join(lines)


def mean_gain(found: Found, other: str) -> tuple[float, float, float] | str:
    """The mean over `MEASURED` of what `FULL` has more than `other`, and its interval; or the sets that have no rows."""
    gains = {}
    for family, names in MEASURED.items():
        own = [gain(name, found[name].get(FULL, {}), found[name].get(other, {})) for name in names if name in found]
        gains[family] = [each for each in own if each]
    if lacking := [family for family, own in gains.items() if not own]:
        return ", ".join(lacking)
    # Every set is drawn with one seed; they do not hang together, its encoders do.
    drawn = [np.mean([each.drawn for each in own], axis=0) for own in gains.values()]
    shuffled = [np.random.default_rng(number).permutation(own) for number, own in enumerate(drawn)]
    return mean(mean(each.value for each in own) for own in gains.values()), *percentiles(np.mean(shuffled, axis=0))


def _span(low: float, high: float) -> str:
    return f"{100 * low:+.1f} to {100 * high:+.1f}"


def _by_seeds(values: Sequence[float]) -> str:
    """Student's t."""
    if len(values) < 2:
        return ""
    far = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return _span(mean(values) - far, mean(values) + far)


def mixed(data: str, first: Outcomes, second: Outcomes) -> str:
    """The gain by a linear mixed model, arm fixed, seed and group random; needs statsmodels and pandas."""
    try:
        import pandas
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError:
        return "statsmodels is not installed"
    rows = [
        {"right": float(own[place]), "arm": float(own is first), "seed": place[0], "group": _group(data, place[1])}
        for own in (first, second)
        for place in sorted(first.keys() & second.keys())
    ]
    frame = pandas.DataFrame(rows)
    parts = {"seed": "0 + C(seed)", "group": "0 + C(group)"}
    fitted = MixedLM.from_formula("right ~ arm", groups="all", vc_formula=parts, data=frame.assign(all=1)).fit()
    value, error = fitted.params["arm"], fitted.bse["arm"]
    return f"{100 * value:+.1f} ({_span(value - 1.96 * error, value + 1.96 * error)})"


def _group(data: str, item: str) -> str:
    family = SETS[data].family
    return speaker(item) if family == "emodb" else group_of(family, item)
