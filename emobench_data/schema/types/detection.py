"""Answer Yes or No to whether something is there that is rare or hard to see, such as ambivalence: F1 and average precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import Item
from ..task_type import Measured
from .yes_no import YesNo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Detection(YesNo):
    """An answer is `Yes` or `No`, as in `yes_no`; `AP` where the evaluator gives the probability of Yes (its likelihood)."""

    name = "detection"
    family: ClassVar[str] = "detection"
    main: ClassVar[str] = "macro_f1"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "macro_f1": "macro-F1",
        "macro_f1_interval": "95 %-interval",
        "f1_yes": "F1 Yes",
        "f1_no": "F1 No",
        "weighted_f1": "weighted F1",
        "ap": "AP",
        "ap_trapezoid": "AP by trapezoids",
        "accuracy": "accuracy",
        "majority": "majority",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "missing": "missing",
    }

    def measure(self, items: Sequence[Item], units: NDArray[np.int64]) -> Measured:
        measured = super().measure(items, units)
        measured.figures.update(_detected(items))
        for source, figures in measured.figures["sources"].items():
            figures.update(_detected([item for item in items if item.gold.source == source]))
        return measured


def _detected(items: Sequence[Item]) -> dict[str, Any]:
    """A question without an answer is one of which Yes is least likely; `ap` needs a probability of all others."""
    from ...metrics.detection import average_precision, trapezoid_precision

    truth = [item.truth == "Yes" for item in items]
    said = [item.answer.probabilities or {} if item.answer else {"Yes": 0.0} for item in items]
    sure = [own["Yes"] for own in said if "Yes" in own]
    known = len(sure) == len(items) and any(item.answer for item in items) and any(truth)
    f1 = {label: _f1(items, label) for label in ("Yes", "No")}
    share = sum(truth) / len(items)
    return {
        "f1_no": f1["No"],
        "weighted_f1": share * f1["Yes"] + (1 - share) * f1["No"],
        "ap": average_precision(truth, sure) if known else None,
        "ap_trapezoid": trapezoid_precision(truth, sure) if known else None,
    }


def _f1(items: Sequence[Item], label: str) -> float:
    right = sum(item.right for item in items if item.truth == label)
    both = sum((item.truth == label) + (item.guess == label) for item in items)
    return 2 * right / both if both else 0.0


TYPE = Detection()
