"""Reply in free text, measured against what was replied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..items import MISSING, UNPARSED, Gold, Item
from ..parsing import conclusion
from ..task_type import REASONS, Key
from ._own_table import OwnTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Response(OwnTable):
    """An answer is a text; `accepted` are other replies that it may be compared with. Never part of any accuracy.

    What counts of a model's answer is the reply; an empty one is unparsed.
    """

    name = "response"
    family: ClassVar[str] = "response"
    main: ClassVar[str] = "words"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "words": "words",
        "unparsed": "empty",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"words": True}
    counted: ClassVar[Mapping[str, str]] = {"unparsed": UNPARSED, "missing": MISSING}
    limit = 128

    hint = "Answer with the reply only."
    close = f"{REASONS}the reply."

    def answer_fault(self, answer: Any, accepted: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if options:
            return "a reply has no options"
        if not all(isinstance(text, str) and text.strip() for text in (answer, *accepted)):
            return "the reply is empty, or is no text"
        return None if answer in accepted else "the reply is not among the accepted ones"

    def key(self, answer: Any, accepted: Any, options: Any) -> Key | str:
        fault = self.answer_fault(answer, accepted if isinstance(accepted, tuple) else (accepted,), options or ())
        return fault or Key(answer, frozenset(accepted), ())

    def stratum(self, answer: Any) -> str:
        """All of one: there is nothing to balance."""
        return "reply"

    def read(self, gold: Gold, question: str, answer: str) -> tuple[str, str]:
        return gold.answer, conclusion(answer).strip() or UNPARSED

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        said = [item.guess.split() for item in items if not self.unread(item.guess)]
        return {"words": sum(map(len, said)) / len(said) if said else None}

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        said = [guess.split() for _, guess in pairs if not self.unread(guess)]
        return {"words": sum(map(len, said)) / len(said) if said else float("nan")}


TYPE = Response()
