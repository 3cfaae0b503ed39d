"""Choose what to do next of a closed set, such as a strategy of support, and how evenly these are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..task_type import TaskType
from .closed import Closed


class Strategy(Closed):
    """An answer is one of the record's options, as in `closed`, with figures of the bias for some of them."""

    name = "strategy"
    family: ClassVar[str] = "strategy"
    main: ClassVar[str] = "macro_f1"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "macro_f1": "proficiency Q (macro-F1)",
        "accuracy": "accuracy",
        "majority": "majority",
        "unparsed": "unparsed",
        "ambiguous": "ambiguous",
        "missing": "missing",
    }

    def cell(self, value: Any) -> str:
        """In parts of 1, as a bias is no share."""
        return TaskType.cell(self, value)


TYPE = Strategy()
