"""Reply in free text, measured against what was replied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...io.errors import InputError
from ..items import MISSING, UNPARSED, Gold, Item
from ..parsing import conclusion
from ..task_type import REASONS, Key
from ._own_table import OwnTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


CODES = ("esconv",)


class Response(OwnTable):
    """An answer is a text; `references` are other replies that it may be compared with. Never part of any accuracy.

    What counts of a model's answer is the reply; an empty one is unparsed. `code` names published code (`esconv`), whose way of
    counting is given beside ours.
    """

    name = "response"
    family: ClassVar[str] = "response"
    main: ClassVar[str] = "bleu"
    columns: ClassVar[Mapping[str, str]] = {
        "n": "n",
        "read": "read",
        "bleu": "BLEU",
        "bleu_interval": "95 %-interval",
        "bleu_2": "BLEU-2",
        "rouge_l": "ROUGE-L",
        "dist_1": "Dist-1",
        "dist_2": "Dist-2",
        "gold_dist_2": "Dist-2 of the gold",
        "words": "words",
        "unparsed": "empty",
        "missing": "missing",
    }
    aggregates: ClassVar[Mapping[str, bool]] = {"bleu": True, "rouge_l": True}
    counted: ClassVar[Mapping[str, str]] = {"unparsed": UNPARSED, "missing": MISSING}
    limit = 128

    hint = "Answer with the reply only."
    close = f"{REASONS}the reply."

    def __init__(self, code: str = "") -> None:
        if code and code not in CODES:
            raise InputError(f"task type 'response:code={code}': unknown code; known: {', '.join(CODES)}")
        self.code = code

    def configured(self, options: Mapping[str, str]) -> Response:
        if options.keys() != {"code"}:
            raise InputError(f"task type 'response': takes code=NAME, of {', '.join(CODES)}, and not {', '.join(options)}")
        return Response(**options)

    def answer_fault(self, answer: Any, references: tuple[Any, ...], options: tuple[str, ...]) -> str | None:
        if options:
            return "a reply has no options"
        if not all(isinstance(text, str) and text.strip() for text in (answer, *references)):
            return "the reply is empty, or is no text"
        return None if answer in references else "the reply is not among the accepted ones"

    def key(self, answer: Any, references: Any, options: Any) -> Key | str:
        references = references if isinstance(references, tuple) else (references,)
        return self.answer_fault(answer, references, options or ()) or Key(answer, frozenset(references), ())

    def stratum(self, answer: Any) -> str:
        """All of one: there is nothing to balance."""
        return "reply"

    def read(self, gold: Gold, question: str, answer: str) -> tuple[str, str]:
        return gold.answer, conclusion(answer).strip() or UNPARSED

    def figures(self, items: Sequence[Item], units: NDArray[np.int64]) -> dict[str, Any]:
        """Of all questions; what was not replied is an empty text."""
        from ...metrics.named import figures_of  # those that other packages add
        from ._replies import reply_figures

        said = ["" if self.unread(item.guess) else item.guess for item in items]
        references = [sorted(item.gold.references, key=item.gold.answer.__ne__) for item in items]  # the answer first
        found = reply_figures(said, references, units, published=self.code)
        return found | figures_of(self.family, [(item.truth, item.guess) for item in items], units)

    def aggregate(self, pairs: Sequence[tuple[Any, Any]]) -> dict[str, float]:
        """Beside the answer alone, without other references."""
        import numpy as np

        from ._replies import reply_figures

        said = ["" if self.unread(guess) else guess for _, guess in pairs]
        found = reply_figures(said, [[truth] for truth, _ in pairs], np.arange(len(pairs)))
        return {name: found[name] for name in self.aggregates}


TYPE = Response()
