"""The figures of replies beside their references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...io.errors import InputError
from ...metrics import bootstrap, percentiles
from ...metrics.generation import bleu, bleu_metric, bleu_sums, distinct, rouge_l
from ..words import pieces

Texts = Sequence[str]
References = Sequence[Sequence[str]]


def reply_figures(said: Texts, references: References, units: NDArray[np.int64], *, published: str = "") -> dict[str, Any]:
    """BLEU on sacrebleu's tokens; the others on words in lower case without signs. Shares are parts of 1.

    Args:
        said, references: `(n,)`, texts, and of each one or several references, of which the first is the gold's own.
        units: `(n,)`.
        published: also count as the code of this name does.
    """
    words, golds = [pieces(text) for text in said], [[pieces(text) for text in own] for own in references]
    sums = bleu_sums(bleu_metric(), said, references)
    common = np.array([rouge_l(own, wanted) for own, wanted in zip(words, golds)])
    adds = np.column_stack([sums, common, np.ones(len(said))])
    draws = bootstrap(units, np.arange(len(said)), adds, lambda all_: np.stack([bleu(all_), all_[:, -2] / all_[:, -1]], axis=1))
    found: dict[str, Any] = {
        "bleu": float(bleu(sums.sum(0))[0]),
        "bleu_interval": _limits(draws[:, 0]),
        **{f"bleu_{order}": float(bleu(sums.sum(0), order)[0]) for order in (1, 2, 3)},
        "rouge_l": float(common.mean()),
        "rouge_l_interval": _limits(draws[:, 1]),
        **{f"dist_{n}": distinct(words, n) for n in (1, 2, 3)},
        **{f"gold_dist_{n}": distinct([own[0] for own in golds], n) for n in (1, 2, 3)},
        "words": sum(map(len, words)) / len(words),
    }
    found |= {name: None for name in ("bleu", "bleu_1", "bleu_2", "bleu_3") if np.isnan(found[name])}
    found["bleu_mean"] = None if found["bleu"] is None else sum(found[f"bleu{order}"] for order in ("", "_1", "_2", "_3")) / 4
    return found | ({"published": {published: as_esconv(said, references)}} if published else {})


def as_esconv(said: Texts, references: References) -> dict[str, Any]:
    """As `myMetrics.py` of thu-coai/Emotional-Support-Conversation counts: NLTK's words in lower case, one reference.

    BLEU-k of these, ROUGE-L with beta 1.2, and Dist-k that leaves out the last n-gram of each text.

    Raises:
        InputError: NLTK or its sentence splitter is not installed.
    """
    try:
        from nltk import word_tokenize

        words, golds = ([word_tokenize(text.lower()) for text in side] for side in (said, [own[0] for own in references]))
    except ImportError as error:
        raise InputError("response:code=esconv needs the package nltk; run: pip install nltk") from error
    except LookupError as error:
        raise InputError("response:code=esconv needs NLTK's data; run: python -m nltk.downloader punkt_tab") from error
    joined = [" ".join(own) for own in words], [[" ".join(own)] for own in golds]
    sums = bleu_sums(bleu_metric(tokenize="none"), *joined).sum(0)
    return {
        **{f"bleu_{order}": float(bleu(sums, order)[0]) for order in (1, 2, 3, 4)},
        "rouge_l": float(np.mean([rouge_l(own, [gold], beta=1.2) for own, gold in zip(words, golds)])),
        **{f"dist_{n}": distinct(words, n, drop_last=True) for n in (1, 2, 3)},
    }


def _limits(draws: NDArray[np.float64]) -> list[float] | None:
    defined = draws[np.isfinite(draws)]
    return list(percentiles(defined)) if len(defined) else None
