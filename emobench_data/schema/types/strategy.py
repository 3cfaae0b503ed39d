"""Choose what to do next of a closed set, such as a strategy of support, and how evenly these are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import Item
from ..parsing import normal
from ..task_type import Measured, TaskType
from .closed import Closed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_REST = ("others", "other")  # the label of what is none of the strategies


class Strategy(Closed):
    """An answer is one of the record's options, as in `closed`, with the preference for each of them and the bias.

    An answer that could not be read is wrong, and chooses none of them.
    """

    name = "strategy"
    family: ClassVar[str] = "strategy"
    main: ClassVar[str] = "macro_f1"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "macro_f1": "Q (macro-F1)",
        "macro_f1_interval": "95 %-interval",
        "bias": "bias B",
        "published_bias": "B of 20 sweeps",
        "weighted_f1": "weighted F1",
        "macro_f1_without_others": "Q without others",
        "accuracy": "accuracy",
        "majority": "majority",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"macro_f1": True, "accuracy": True}

    def measure(self, items: Sequence[Item], units: NDArray[np.int64]) -> Measured:
        measured = super().measure(items, units)
        measured.figures.update(_chosen(items))
        for source, figures in measured.figures["sources"].items():
            figures.update(_chosen([item for item in items if item.gold.source == source]))
        return measured

    def cell(self, value: Any) -> str:
        """In parts of 1, as a bias is no share."""
        return TaskType.cell(self, value)


def _chosen(items: Sequence[Item]) -> dict[str, Any]:
    """`bias` is None where it is undefined, and `published_bias` what the published code makes of that."""
    import numpy as np

    from ...metrics.preference import bias, preferences, published_preferences

    options = list(dict.fromkeys(option for item in items for option in item.gold.options))
    place = {option: number for number, option in enumerate(options)}
    confusion, counts = np.zeros((len(options), len(options))), np.zeros(len(options))
    for item in items:
        counts[place[item.truth]] += 1
        if item.guess in place:
            confusion[place[item.truth], place[item.guess]] += 1
    both = counts + confusion.sum(0)
    f1 = np.divide(2 * confusion.diagonal(), both, out=np.zeros(len(options)), where=both > 0)
    others = np.array([normal(option) in _REST for option in options]) | (counts == 0)
    preferred, published = preferences(confusion), bias(published_preferences(confusion))
    return {
        "weighted_f1": float((f1 * counts).sum() / counts.sum()),
        "macro_f1_without_others": float(f1[~others].mean()) if not others.all() else None,
        "preferences": None if preferred is None else dict(zip(options, preferred.tolist())),
        "bias": None if preferred is None else bias(preferred),
        "published_bias": published if np.isfinite(published) else None,
    }


TYPE = Strategy()
