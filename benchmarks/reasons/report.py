"""From rows to Markdown tables: every arm of a data set, beside the one that answers alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from emobench_data.io.errors import InputError
from emobench_data.scoring.gold import task_title

from ..quality.data import theme
from ..shared.crossed import Mean, crossed_mean
from ..shared.rows import Row
from .arms import ARMS, BASELINE, REASONED

Place = tuple[int, str]  # seed and item


class Arm(NamedTuple):
    """One arm on one data set: its rows by seed, and what each answer was, a letter."""

    rows: dict[int, Row]
    outcomes: dict[Place, str]

    def share(self, letter: str, kept: Callable[[str], bool]) -> float:
        """Of the answers to the items that are `kept`."""
        found = [own == letter for (_, item), own in self.outcomes.items() if kept(item)]
        return sum(found) / len(found)

    def mean(self, figure: str) -> float:
        """Over seeds, of a figure of the rows."""
        return sum(row[figure] for row in self.rows.values()) / len(self.rows)


Found = dict[tuple[str, str], dict[str, Arm]]  # data set and device -> arm


def gather(rows: Iterable[Row]) -> Found:
    """Rows by data set and device, and then by arm.

    Raises:
        InputError: a row is of no arm that is known, there are two for one seed, or there are none.
    """
    found: dict[tuple[str, str], dict[str, Arm]] = defaultdict(dict)
    for row in rows:
        key = row["key"]
        if key["arm"] not in ARMS:
            raise InputError(f"a row is of arm {key['arm']!r}, which is not known; take it out of the file")
        arm = found[key["data"], key["device"]].setdefault(key["arm"], Arm({}, {}))
        if key["seed"] in arm.rows:
            place = ", ".join(str(key[name]) for name in ("data", "arm", "seed"))
            raise InputError(f"two rows for {place}, made under different conditions; keep one of them in the file")
        arm.rows[key["seed"]] = row
        arm.outcomes.update({(key["seed"], item): pair[1] for item, pair in row["answers"].items()})
    if not found:
        raise InputError("no row is there yet, so that there is nothing to report; run without --report")
    return dict(sorted(found.items()))


def task_of(item: str) -> str:
    """The sub-task that ends an item's id."""
    return item.rpartition("/")[2]


def accuracy(data: str, arm: Arm, kept: Callable[[str], bool] = lambda item: True) -> Mean:
    """The share of right answers to the items that are `kept`."""
    places = [place for place in arm.outcomes if kept(place[1])]
    return _mean(data, places, [float(arm.outcomes[place] == "a") for place in places])


def gain(data: str, first: Arm, second: Arm, kept: Callable[[str], bool] = lambda item: True) -> Mean | None:
    """What the second has right more than the first, of what both were asked with the same seed."""
    places = [place for place in second.outcomes if place in first.outcomes and kept(place[1])]
    if not places:
        return None
    right = [(second.outcomes[place] == "a", first.outcomes[place] == "a") for place in places]
    return _mean(data, places, [float(own) - float(other) for own, other in right])


def _mean(data: str, places: list[Place], values: list[float]) -> Mean:
    # EmoBench-mini is rendered anew for each seed; photographs hang together by theme.
    groups = [f"{seed}/{item}" if data == "mini" else theme(item.rpartition("/")[0]) if data == "oasis" else item
              for seed, item in places]  # fmt: skip
    return crossed_mean(values, [seed for seed, _ in places], groups)


def tables(found: Found) -> str:
    """A table for each data set and device, and one for the sub-tasks that reasons are for where these are not all."""
    parts = []
    for (data, device), arms in found.items():
        parts.append(_table(f"{data}, {device}", data, arms, lambda item: True))
        if only := REASONED.get(data):
            title = f"{data}, {device}: {', '.join(only)}"
            parts.append(_table(title, data, arms, lambda item, only=only: task_of(item) in only))
    return "\n\n".join(parts)


def _table(title: str, data: str, arms: dict[str, Arm], kept: Callable[[str], bool]) -> str:
    head = ["arm", "seeds", "n", "accuracy", "95 %", "over direct, points", "95 %", "no answer", "premises", "conclusion"]
    head += ["answer follows", "tokens", "processor s"]
    lines = [f"**{title}**", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    base = arms.get(BASELINE)
    for name in (name for name in ARMS if name in arms):
        arm, own = arms[name], accuracy(data, arms[name], kept)
        more = gain(data, base, arm, kept) if base and name != BASELINE else None
        cells = [name, ", ".join(map(str, sorted(arm.rows))), str(own.n), f"{100 * own.value:.1f}"]
        cells += [f"{100 * max(own.low, 0):.1f} to {100 * min(own.high, 1):.1f}"]
        cells += [f"{100 * more.value:+.1f}", f"{100 * more.low:+.1f} to {100 * more.high:+.1f}"] if more else ["", ""]
        cells += [f"{100 * (arm.share('c', kept) + arm.share('d', kept)):.1f}", *_faithful(arm)]
        cells += [f"{arm.mean('tokens'):.1f}", f"{arm.mean('processor'):.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _faithful(arm: Arm) -> Iterator[str]:
    """Premises right, conclusions right from right premises, answers that follow: each in per cent over seeds and sub-tasks."""
    own = [figures for row in arm.rows.values() for figures in row["faithfulness"].values()]
    yield _weighed((share, one["n"]) for one in own for share in one["premises"].values())
    yield _weighed((one["conclusion"], one["from_premises"]) for one in own)
    yield _weighed((one["consistent"], one["n"]) for one in own)


def _weighed(pairs: Iterable[tuple[Any, int]]) -> str:
    known = [(share, weight) for share, weight in pairs if share is not None]
    total = sum(weight for _, weight in known)
    return f"{100 * sum(share * weight for share, weight in known) / total:.1f}" if total else ""


def by_task(found: Found, data: str) -> dict[str, dict[str, Arm]]:
    """Sub-task -> the arms of a data set, over the answers to it alone; from the device with most rows."""
    places = [key for key in found if key[0] == data]
    if not places:
        return {}
    arms = found[max(places, key=lambda key: sum(len(arm.rows) for arm in found[key].values()))]
    tasks = {task_of(item) for arm in arms.values() for _, item in arm.outcomes}
    return {
        task: {
            name: Arm(arm.rows, {place: own for place, own in arm.outcomes.items() if task_of(place[1]) == task})
            for name, arm in arms.items()
        }
        for task in sorted(tasks)
    }


def titled(data: str, task: str) -> str:
    """How a sub-task of a data set is called where people read it."""
    names = {"mustard": "MUStARD", "mintrec": "MIntRec", "oasis": "OASIS"}
    return f"{names[data]}\n({task_title(task)})" if data in names else task_title(task)
