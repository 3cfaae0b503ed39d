"""Reasons before answers, decoded otherwise than greedily: a vote over sampled chains, and labels scored after a chain.

Self-consistency is Wang et al. (arXiv 2203.11171); that a tie or a chain without an answer is no vote is our rule. Scoring the
labels behind the model's own chain is our reading of what evaluators do with answers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from emobench_data.schema.parsing import YES_NO, LabelSet, chain, closed, closing, normal, shows_letters, spoken, yes_or_no
from emobench_data.schema.questions import Question

from .decode import Greedy, option_probabilities
from .prompts import Prompter
from .reader import Prompt, Reader


class Draw:
    """Picks tokens at random by their probabilities, each row by a stream of its own, whatever stands beside it.

    Args:
        temperature: that logits are divided by; 0 picks the likeliest.
        seeds: of the rows.
    """

    def __init__(self, temperature: float, seeds: Sequence[str]) -> None:
        self.temperature, self._streams = temperature, [Random(seed) for seed in seeds]

    def __call__(self, logits: Tensor, rows: Sequence[int]) -> Tensor:
        if not self.temperature:
            return logits.argmax(-1)
        up_to = (logits.double() / self.temperature).softmax(-1).cumsum(-1)
        points = torch.tensor([self._streams[row].random() for row in rows], dtype=up_to.dtype, device=up_to.device)
        return torch.searchsorted(up_to, (points * up_to[:, -1])[:, None], right=True)[:, 0]


@dataclass(frozen=True)
class SelfConsistency:
    """How many `chains` are sampled at which `temperature`, from which `seed`."""

    chains: int
    temperature: float
    seed: int


def sample_chains(
    greedy: Greedy, prompts: Sequence[Prompt], names: Sequence[str], how: SelfConsistency, *, tokens: int
) -> list[list[list[int]]]:
    """Sampled answers to each prompt, as ids; each prompt is read once.

    Args:
        names: of the prompts; a chain follows from its prompt's name, its number and the seed alone.
        tokens: that an answer may take.
    """
    read = greedy.reader.read(prompts, room=tokens)
    rows = torch.arange(len(prompts), device=read.lengths.device).repeat_interleave(how.chains)
    draw = Draw(how.temperature, [f"{how.seed}/{name}/{number}" for name in names for number in range(how.chains)])
    said = greedy(read.rows(rows), max_new_tokens=tokens, pick=draw)
    return [said[start : start + how.chains] for start in range(0, len(said), how.chains)]


class Vote(NamedTuple):
    """What sampled chains come to.

    Args:
        text: the first chain with the answer that most of them give; empty where two answers are given as often as one
            another and no other more often, or none is given.
        votes: answer in its normal form -> how many chains give it.
        unparsed: how many give none.
    """

    text: str
    votes: dict[str, int]
    unparsed: int

    @property
    def tied(self) -> bool:
        """Whether no answer has more votes than all others."""
        return bool(self.votes) and not self.text


def vote(question: Question, texts: Sequence[str]) -> Vote:
    """The majority over the answers of the chains `texts`, which are read as strictly as scores read them."""
    labels = [_answer(question, text) for text in texts]
    votes = Counter(filter(None, labels))
    first, *others = votes.most_common(2) or [("", 0)]
    won = bool(votes) and (not others or others[0][1] < first[1])
    return Vote(texts[labels.index(first[0])] if won else "", dict(votes), labels.count(""))


def _answer(question: Question, text: str) -> str:
    """The one answer that a chain gives, in its normal form, or nothing."""
    said = closing(text) if question.reasoned else spoken(text)
    if not question.options:
        return normal(said)
    if question.options == YES_NO:
        named = yes_or_no(said)
    else:
        named = LabelSet(question.options, letters=shows_letters(question.text, question.options)).parse(said)
    return next(iter(named)) if len(named) == 1 else ""


def score_labels(
    reader: Reader, prompter: Prompter, prompts: Sequence[Prompt], questions: Sequence[Question], texts: Sequence[str]
) -> list[tuple[str, dict[str, float]]]:
    """Greedy answers, each cut at its closing words and closed with the likeliest option, and the options' probabilities.

    An answer that does not come to closing words, or whose question has no options, stays as it is, with no probabilities.
    """
    chains = [chain(text) if question.options else None for question, text in zip(questions, texts)]
    found: list[tuple[str, dict[str, float]]] = [(text, {}) for text in texts]
    told = {place: text for place, text in enumerate(chains) if text is not None}
    if not told:
        return found
    labels = [questions[place].options for place in told]
    shares = label_probabilities(reader, prompter, [prompts[place] for place in told], [*told.values()], labels)
    for (place, text), own in zip(told.items(), shares):
        found[place] = closed(text, max(own, key=own.__getitem__)).lstrip("\n"), own
    return found


def label_probabilities(
    reader: Reader, prompter: Prompter, prompts: Sequence[Prompt], chains: Sequence[str], options: Sequence[Sequence[str]]
) -> list[dict[str, float]]:
    """The probability of each option behind the chain before it, normalised over the options, see `option_probabilities`.

    Args:
        chains: reasons without the closing words, which are put behind them.
    """
    after, rest = [], []
    for prompt, text, labels in zip(prompts, chains, options):
        whole = [prompter.answer_ids(closed(text, label).lstrip("\n")) for label in labels]
        same = min(len(commonprefix(whole)), *(len(ids) - 1 for ids in whole))  # noqa: RUF071 (of tokens)
        after.append(replace(prompt, ids=[*prompt.ids, *whole[0][:same]]))
        rest.append([ids[same:] for ids in whole])
    read = reader.read(after, room=max(len(ids) for row in rest for ids in row))
    shares = option_probabilities(reader, read, rest)
    return [dict(zip(labels, row)) for labels, row in zip(options, shares)]
