"""Metrics of texts beside reference texts: BLEU by sacrebleu, ROUGE-L, and how many of the n-grams are different ones.

The published code of several systems counts in ways of its own; these are options here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..io.errors import InputError

if TYPE_CHECKING:
    from sacrebleu.metrics import BLEU

Floats = NDArray[np.float64]
Words = Sequence[str]
ORDER = 4


def bleu_metric(*, tokenize: str = "13a", lowercase: bool = False) -> BLEU:
    """sacrebleu's BLEU (Post, 2018) of up to four words, smoothed as NIST's script does where an order has no match.

    Raises:
        InputError: sacrebleu is not installed.
    """
    try:
        from sacrebleu.metrics import BLEU
    except ImportError as error:
        raise InputError("BLEU needs the package sacrebleu; install it, or this package with [text]") from error
    return BLEU(tokenize=tokenize, lowercase=lowercase, max_ngram_order=ORDER, effective_order=True)


def bleu_sums(metric: BLEU, said: Sequence[str], references: Sequence[Sequence[str]]) -> Floats:
    """What each of n texts adds to the sums of `bleu`: `(n, 2 + 2 ORDER)`, lengths, matches and n-grams."""
    found = [metric.sentence_score(text, [*own]) for text, own in zip(said, references)]
    rows = [[one.sys_len, one.ref_len, *one.counts, *one.totals] for one in found]
    return np.array(rows, float).reshape(-1, 2 + 2 * ORDER)


def bleu(sums: Floats, order: int = ORDER) -> Floats:
    """Corpus BLEU `(S,)` from 0 to 1 of up to `order` words, from sums `(S, 2 + 2 ORDER)`; NaN without a text.

    As sacrebleu's `BLEU.compute_bleu` with its default smoothing, for many samples at once: an order without a match counts as
    a half, a quarter and so on of one (the method 3 of Chen and Cherry, 2014).
    """
    sums = np.atleast_2d(sums)
    lengths, wanted = sums[:, 0], sums[:, 1]
    matches, totals = sums[:, 2 : 2 + order], sums[:, 2 + ORDER : 2 + ORDER + order]
    with np.errstate(divide="ignore", invalid="ignore"):
        none = matches == 0
        smoothed = np.where(none, 0.5 ** np.cumsum(none, axis=1), matches) / totals
        brevity = np.minimum(0, 1 - wanted / lengths)
        found = np.exp(brevity + np.log(smoothed).mean(1))
        nothing = (matches[:, 0] == 0) | (totals == 0).any(1)
    return np.where(lengths > 0, np.where(nothing, 0.0, found), np.nan)


def rouge_l(said: Words, references: Iterable[Words], *, beta: float = 1.0) -> float:
    """F of the longest common subsequence (Lin, 2004), of the reference that it is highest for, from 0 to 1.

    The code of ESConv has `beta` 1.2; the package rouge-score has 1.
    """
    return max(_rouge_l(said, own, beta) for own in references)


def _rouge_l(said: Words, reference: Words, beta: float) -> float:
    common = longest_common(said, reference)
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(reference)
    return (1 + beta**2) * precision * recall / (recall + beta**2 * precision)


def longest_common(first: Words, second: Words) -> int:
    """How many words the longest common subsequence has."""
    best = [0] * (len(second) + 1)
    for word in first:
        before = 0
        for place, other in enumerate(second, 1):
            above = best[place]
            best[place] = before + 1 if word == other else max(above, best[place - 1])
            before = above
    return best[-1]


def distinct(texts: Iterable[Words], n: int, *, drop_last: bool = False) -> float | None:
    """Dist-n (Li et al., 2016) of a corpus: different n-grams of all n-grams of all texts; None without any.

    Args:
        drop_last: leave out the last n-gram of each text, as the loop of ESConv's code does for n above 1.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for words in texts:
        counts.update(tuple(words[start : start + n]) for start in range(len(words) - n + 1 - (drop_last and n > 1)))
    return len(counts) / counts.total() if counts else None


def distinct_by_text(texts: Iterable[Words], n: int) -> float | None:
    """The mean of the Dist-n of each text that has n words, as the open code of AvaMERG has it; it says little of a corpus."""
    found = [value for words in texts if (value := distinct([words], n)) is not None]
    return sum(found) / len(found) if found else None
