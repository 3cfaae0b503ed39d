"""Replies beside sacrebleu, NLTK, rouge-score, hand computations and the given vectors."""

import builtins
from random import Random

import numpy as np
import pytest

from emobench_data import InputError
from emobench_data.metrics import generation as own

WORDS = ["i", "am", "so", "sorry", "to", "hear", "that", "have", "you", "talked", "him", "boss", "see"]


def corpus(seed, size=12):
    random = Random(seed)
    said, wanted = ([[*random.choices(WORDS, k=random.randint(1, 9))] for _ in range(size)] for _ in range(2))
    return said, [[one, random.choices(WORDS, k=5)] for one in wanted]


def joined(said, wanted):
    return [" ".join(one) for one in said], [[" ".join(one) for one in own] for own in wanted]


@pytest.mark.parametrize("seed", range(4))
def test_bleu_is_sacrebleus(seed):
    sacrebleu = pytest.importorskip("sacrebleu.metrics")
    said, wanted = joined(*corpus(seed))
    sums = own.bleu_sums(own.bleu_metric(), said, wanted).sum(0)
    for order in range(1, 5):
        library = sacrebleu.BLEU(max_ngram_order=order).corpus_score(said, [*map(list, zip(*wanted))])
        assert 100 * own.bleu(sums, order)[0] == pytest.approx(library.score)


def test_bleu_of_nothing():
    pytest.importorskip("sacrebleu")
    metric = own.bleu_metric()
    assert own.bleu(own.bleu_sums(metric, ["what"], [["never mind"]]).sum(0))[0] == 0
    assert np.isnan(own.bleu(own.bleu_sums(metric, [""], [["never mind"]]).sum(0))[0])
    same = own.bleu_sums(metric, ["I am sorry to hear that."] * 2, [["I am sorry to hear that."]] * 2)
    assert own.bleu(same.sum(0))[0] == pytest.approx(1) and own.bleu(same).shape == (2,)


def test_without_sacrebleu_the_way_out_is_said(monkeypatch):
    real = builtins.__import__

    def refuse(name, *others):
        if name.startswith("sacrebleu"):
            raise ImportError(name)
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"sacrebleu; install it, or this package with \[text\]"):
        own.bleu_metric()


@pytest.mark.parametrize("seed", range(3))
def test_rouge_is_rouge_scores(seed):
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    said, wanted = corpus(seed)
    for one, references in zip(said, wanted):
        library = max(scorer.score(" ".join(reference), " ".join(one))["rougeL"].fmeasure for reference in references)
        assert own.rouge_l(one, references) == pytest.approx(library)


def test_rouge_by_hand():
    said, wanted = ["a", "b", "c", "d"], ["a", "x", "c"]
    assert own.longest_common(said, wanted) == own.longest_common(wanted, said) == 2
    assert own.rouge_l(said, [wanted]) == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))
    assert own.rouge_l(said, [wanted], beta=1.2) == pytest.approx(2.44 * (1 / 3) / (2 / 3 + 1.44 * 0.5))
    assert own.rouge_l([], [wanted]) == 0 and own.rouge_l(said, [["z"], said]) == 1


def test_different_n_grams_by_hand():
    texts = [["a", "b", "a", "b"], ["a", "b"]]
    assert own.distinct(texts, 1) == pytest.approx(2 / 6) and own.distinct(texts, 2) == pytest.approx(2 / 4)
    assert own.distinct(texts, 2, drop_last=True) == pytest.approx(2 / 2)
    assert own.distinct(texts, 1, drop_last=True) == own.distinct(texts, 1)
    assert own.distinct_by_text(texts, 2) == pytest.approx((2 / 3 + 1) / 2)
    assert own.distinct(texts, 5) is None and own.distinct_by_text([], 1) is None


def test_the_given_vectors(vectors):
    pytest.importorskip("sacrebleu")
    given = vectors["esc_generation"]
    said, wanted = given["hyps"], [[one] for one in given["refs"]]
    sums = own.bleu_sums(own.bleu_metric(tokenize="none"), *joined(said, wanted)).sum(0)
    for order in range(1, 5):
        assert 100 * own.bleu(sums, order)[0] == pytest.approx(given[f"bleu-{order}"])
    rouge = np.mean([own.rouge_l(one, references, beta=1.2) for one, references in zip(said, wanted)])
    assert 100 * rouge == pytest.approx(given["rouge-l"])
    for n in (1, 2):
        assert 100 * own.distinct(said, n, drop_last=True) == pytest.approx(given["dist_as_in_esc_code"][str(n)])
        assert 100 * own.distinct(said, n) == pytest.approx(given["dist_correct_corpus"][str(n)])
        assert 100 * own.distinct_by_text(said, n) == pytest.approx(given["dist_mean_per_response"][str(n)])
