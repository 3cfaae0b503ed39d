"""Answers to questions, by each way of decoding, with what they took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from tqdm import tqdm

from emobench_data.schema.questions import Question
from emollm_plugin.evaluation.chains import SelfConsistency, sample_chains, score_labels, vote
from emollm_plugin.evaluation.decode import Greedy
from emollm_plugin.evaluation.reader import Prompt

from ..shared.language import LanguageModel
from .arms import CHAINS, GREEDY, TEMPERATURE, VOTED

ANSWER, REASONS = 16, 96  # tokens at most
AT_ONCE = 32


@dataclass
class Given:
    """What was answered.

    Args:
        texts: by question id.
        tokens: that were generated in all.
        seconds, processor: wall clock, and processor time of the process.
        tied: votes that no answer won.
        unparsed: chains of votes without an answer.
    """

    texts: dict[str | int, str] = field(default_factory=dict)
    tokens: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    tied: int = 0
    unparsed: int = 0


def give(
    model: LanguageModel,
    look: Callable[[Sequence[Question]], Sequence[Tensor | None]],
    questions: Sequence[Question],
    decoding: str,
    *,
    seed: int,
    quiet: bool,
) -> Given:
    """Answer `questions`; those that ask for reasons by `decoding`, the others greedily."""
    model.forget()  # what was read before the adapter moved
    given, greedy = Given(), Greedy(model.reader)
    longest = sorted(questions, key=lambda one: -len(one.text))
    kinds = [[one for one in longest if one.reasoned is reasoned] for reasoned in (True, False)]
    batches = [kind[first : first + AT_ONCE] for kind in kinds for first in range(0, len(kind), AT_ONCE)]
    start, worked = time.perf_counter(), time.process_time()
    for some in tqdm(batches, desc=f"answering, {decoding}", mininterval=5, disable=quiet or None):
        own = decoding if some[0].reasoned else GREEDY
        with torch.inference_mode():
            prompts = [
                Prompt(model.prompter.question_ids(one.text, image=one.image is not None), seen)
                for one, seen in zip(some, look(some))
            ]
            if own == VOTED:
                _vote(model, greedy, prompts, some, given, seed)
            else:
                _greedy(model, greedy, prompts, some, given, scored=own != GREEDY)
    given.seconds, given.processor = time.perf_counter() - start, time.process_time() - worked
    return given


def _greedy(
    model: LanguageModel, greedy: Greedy, prompts: list[Prompt], some: Sequence[Question], given: Given, *, scored: bool
) -> None:
    tokens = REASONS if some[0].reasoned else ANSWER
    ids = greedy(model.reader.read(prompts, room=tokens), max_new_tokens=tokens)
    texts = _said(model, ids)
    given.tokens += sum(map(len, ids))
    if scored:
        texts = [text for text, _ in score_labels(model.reader, model.prompter, prompts, some, texts)]
    given.texts |= {one.id: text for one, text in zip(some, texts)}


def _vote(
    model: LanguageModel, greedy: Greedy, prompts: list[Prompt], some: Sequence[Question], given: Given, seed: int
) -> None:
    names = [str(one.id) for one in some]
    drawn = sample_chains(greedy, prompts, names, SelfConsistency(CHAINS, TEMPERATURE, seed), tokens=REASONS)
    for one, chains in zip(some, drawn):
        won = vote(one, _said(model, chains))
        given.texts[one.id] = won.text
        given.tokens += sum(map(len, chains))
        given.tied += won.tied
        given.unparsed += won.unparsed


def _said(model: LanguageModel, ids: list[list[int]]) -> list[str]:
    return [text.strip() for text in model.tokenizer.batch_decode(ids, skip_special_tokens=True)]
