"""A batch of questions answered in the way that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from emobench_data.schema.questions import Question

from .batches import Batch
from .chains import SelfConsistency, vote
from .expectation import scale_of
from .predictor import Predictor


class Answered(NamedTuple):
    """An answer, and what its metadata say beside the run."""

    question: Question
    text: str
    more: dict[str, Any]


@dataclass(frozen=True)
class Way:
    """How questions are answered; see `run.evaluate`."""

    max_new_tokens: int
    likelihood: bool = False
    votes: SelfConsistency | None = None
    expectation: bool = False

    def __call__(self, predictor: Predictor, batch: Batch) -> list[Answered]:
        """Answer a batch, whose questions are of one kind."""
        questions, asked = zip(*batch)
        first, most = questions[0], self.max_new_tokens
        if self.expectation and (scale := scale_of(first)):
            values = predictor.expectation_batch(asked, scale)
            return [Answered(one, scale.said(value), {"expected": value}) for one, value in zip(questions, values)]
        if first.reasoned and self.votes:
            names = [str(question.id) for question in questions]
            drawn = predictor.sample_batch(asked, names, self.votes, max_new_tokens=most)
            return [_voted(*pair) for pair in zip(questions, drawn)]
        if self.likelihood and first.options:
            if first.reasoned:
                scored = predictor.score_batch(asked, questions, max_new_tokens=most)
                more = [{"probabilities": shares} if shares else {} for _, shares in scored]
                return [Answered(one, text, own) for one, (text, _), own in zip(questions, scored, more)]
            shares = predictor.probabilities_batch(asked, [question.options for question in questions])
            return [Answered(one, max(own, key=own.__getitem__), {"probabilities": own}) for one, own in zip(questions, shares)]
        texts = predictor.answer_batch(asked, max_new_tokens=most)
        return [Answered(one, text, {}) for one, text in zip(questions, texts)]


def _voted(question: Question, chains: list[str]) -> Answered:
    won = vote(question, chains)
    return Answered(question, won.text, {"votes": won.votes, "unparsed": won.unparsed, "tied": won.tied, "chains": chains})
