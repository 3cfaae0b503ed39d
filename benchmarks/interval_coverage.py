"""How often a 95 % interval holds the truth: the percentile bootstrap of earlier versions, and what `score` gives now.

    python benchmarks/interval_coverage.py [--tries N]

Answers are made up, each right with a known chance; in groups, the chance of each group is drawn from a beta distribution
with that mean, so that two answers of one group correlate by ALIKE (1: a group is right or wrong as a whole). `percentile`
draws questions, or groups, anew; `question` is Wilson's interval with every question counted for one, `new` is
`emobench_data.metrics.share`. Prints coverage and mean width, in per cent.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from emobench_data.metrics import (
    Confusion,
    bootstrap,
    difference,
    macro_f1,
    mean_of,
    percentiles,
    share,
    widened,
    wilson,
)
from emobench_data.metrics.classification import METRICS, metrics_of

Limits = dict[str, list[tuple[float, float]]]


def clusters(groups: int, each: int | Sequence[int], chance: float, alike: float, *, tries: int, seed: int = 0) -> Limits:
    """The intervals of `tries` made-up sets of answers, by method."""
    rng = np.random.default_rng([seed, groups, int(1000 * chance), int(1000 * alike)])
    sizes = np.resize(np.atleast_1d(each), groups)
    units = np.repeat(np.arange(groups), sizes)
    found: Limits = {"percentile": [], "question": [], "new": []}
    for _ in range(tries):
        right = rng.random(len(units)) < _chances(rng, groups, chance, alike)[units]
        held, sums = sizes, np.bincount(units, right)
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), 500)
        own = share(right, units)
        found["percentile"].append(tuple(np.quantile(drawn @ sums / (drawn @ held), [0.025, 0.975])))
        found["question"].append(wilson(own.value, len(units)))
        found["new"].append((own.low, own.high))
    return found


def _chances(rng: np.random.Generator, groups: int, chance: float, alike: float) -> np.ndarray:
    if alike in (0, 1):
        return (rng.random(groups) < chance).astype(float) if alike else np.full(groups, chance)
    spread = 1 / alike - 1
    return rng.beta(chance * spread, (1 - chance) * spread, groups)


def means(chances: Sequence[float], n: int, *, tries: int, seed: int = 0) -> dict[str, float]:
    """Coverage of the mean of sub-tasks of `n` questions each."""
    rng = np.random.default_rng(seed)
    found: Limits = {"percentile": [], "new": []}
    for _ in range(tries):
        right = rng.random((len(chances), n)) < np.array(chances)[:, None]
        drawn = np.mean([rng.binomial(n, row.mean(), 500) / n for row in right], axis=0)
        shares = [share(row, np.arange(n) + n * place, n * len(chances)) for place, row in enumerate(right)]
        found["percentile"].append(tuple(np.quantile(drawn, [0.025, 0.975])))
        own = mean_of(shares)
        found["new"].append((own.low, own.high))
    return covered(found, float(np.mean(chances)))


def differences(n: int, first: float, second: float, *, tries: int, seed: int = 0) -> dict[str, float]:
    """Coverage of the paired difference of two runs that share two thirds of what they hang on."""
    rng = np.random.default_rng(seed)
    found: Limits = {"percentile": [], "new": []}
    for _ in range(tries):
        common, own = rng.random(n), rng.random((2, n))
        mixed = np.where(rng.random((2, n)) < 2 / 3, common, own)
        a, b = mixed[0] < first, mixed[1] < second
        table = [np.mean(a & ~b), np.mean(~a & b), np.mean(a == b)]
        drawn = rng.multinomial(n, table, 500)
        found["percentile"].append(tuple(np.quantile((drawn[:, 1] - drawn[:, 0]) / n, [0.025, 0.975])))
        found["new"].append(difference(share(a, range(n)), share(b, range(n))))
    return covered(found, second - first)


def macro(n: int, chance: float, *, tries: int, seed: int = 0) -> dict[str, float]:
    """Coverage of macro-F1 over three labels of unequal frequency, a wrong answer being either of the others."""
    rng = np.random.default_rng(seed)

    def made_up(size: int) -> tuple[list[int], list[int]]:
        truth = rng.choice(3, size, p=[0.5, 0.3, 0.2])
        wrong = (truth + rng.integers(1, 3, size)) % 3
        return truth.tolist(), np.where(rng.random(size) < chance, truth, wrong).tolist()

    found: Limits = {"percentile": [], "new": []}
    for _ in range(tries):
        truth, guess = made_up(n)
        cells = Confusion(truth, guess)
        limits = percentiles(bootstrap(range(n), cells.kinds, cells.adds, metrics_of)[:, METRICS.index("macro_f1")])
        right = share([own == said for own, said in zip(truth, guess)], range(n))
        found["percentile"].append(limits)
        found["new"].append(widened(cells.metrics()["macro_f1"], limits, right))
    return covered(found, macro_f1(*made_up(400_000)))


def covered(found: Limits, truth: float) -> dict[str, float]:
    """By method, the share of intervals that hold `truth`."""
    return {name: float(np.mean([low - 1e-9 <= truth <= high + 1e-9 for low, high in own])) for name, own in found.items()}


def _tell(what: str, shares: dict[str, float], found: Limits | None = None) -> None:
    cells = (
        f"{name} {100 * value:.1f}" + (f" (width {100 * np.mean(np.diff(found[name])):.0f})" if found else "")
        for name, value in shares.items()
    )
    print(f"| {what} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=4000)
    tries = parser.parse_args().tries
    for chance in (0.5, 0.9, 0.99, 0.999):
        found = clusters(24, 1, chance, 0, tries=tries)
        _tell(f"24 questions, {chance}", covered(found, chance), found)
    for groups, each in ((9, 4), (30, 5), (30, (1, 2, 3, 10)), (100, 5), (12, 20)):
        for alike in (0, 0.3, 1):
            for chance in (0.5, 0.9, 0.99):
                found = clusters(groups, each, chance, alike, tries=tries // 2)
                _tell(f"{groups} groups of {each}, alike {alike}, {chance}", covered(found, chance), found)
    for chances in ([0.5] * 6, [0.99] * 6, [1 - 1e-6] * 6, [0.99, 0.9, 0.99, 0.5, 0.6, 0.7]):
        _tell(f"mean of six, 24 questions each, {min(chances):.2f} to {max(chances):.2f}", means(chances, 24, tries=tries // 2))
    for n, first, second in ((24, 0.5, 0.6), (24, 0.9, 0.95), (24, 0.97, 0.99), (200, 0.7, 0.75)):
        _tell(f"difference, {n} questions, {first} and {second}", differences(n, first, second, tries=tries))
    for n, chance in ((24, 0.6), (24, 0.9), (24, 0.99), (200, 0.9)):
        _tell(f"macro-F1, {n} questions, {chance}", macro(n, chance, tries=tries // 8))


if __name__ == "__main__":
    main()
