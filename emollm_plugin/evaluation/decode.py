"""Generated answers, and the probabilities of given ones, after a batch of prompts was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from emobench_data.io.errors import InputError

from ..compat.generation import penalized_from_the_start
from .reader import Read, Reader

# Rows of a batch times answers that are scored in one pass: each holds a copy of its prompt's keys and values.
SCORED_ROWS = 32
# Generation settings beside the penalty that would change a greedy answer (transformers' names), and are not followed.
REFUSED = (
    "no_repeat_ngram_size",
    "bad_words_ids",
    "suppress_tokens",
    "begin_suppress_tokens",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "min_length",
    "min_new_tokens",
    "sequence_bias",
)


def likeliest(logits: Tensor, rows: Sequence[int]) -> Tensor:
    """The greedy choice of each row: (R, V) -> (R,)."""
    return logits.argmax(-1)


class Said(NamedTuple):
    """An answer, how many tokens were read for it and written, and whether it came to its end."""

    text: str
    read: int
    written: int
    ended: bool


class Greedy:
    """Greedy decoding by a model's own generation settings, as `model.generate(do_sample=False)` follows them.

    Of our own since that takes twice the time for the same answers (benchmarks/RESULTS.md): it neither reads once what all
    prompts begin with, nor a batch in parts of like length, nor drops rows that have ended.

    Raises:
        InputError: the checkpoint's generation_config.json asks for what is not followed here.
    """

    def __init__(self, reader: Reader) -> None:
        config = reader.model.generation_config
        asked = [name for name in REFUSED if getattr(config, name, None)]
        if asked:
            raise InputError(
                f"generation_config.json sets {', '.join(asked)}, which the batched evaluator does not follow;"
                " take it out, or evaluate with llava.eval.model_vqa_loader"
            )
        ends = config.eos_token_id
        self.reader = reader
        self.ends = {*ends} if isinstance(ends, list) else {ends} - {None}
        self.penalty = config.repetition_penalty or 1.0
        self.penalized = penalized_from_the_start(config)

    def __call__(
        self, read: Read, *, max_new_tokens: int, pick: Callable[[Tensor, Sequence[int]], Tensor] = likeliest
    ) -> list[list[int]]:
        """The new ids of each row, its end token among them.

        Args:
            pick: in place of the likeliest token: logits (R, V) and the numbers of their rows -> the next of each, (R,).
        """
        answers: list[list[int]] = [[] for _ in read.lengths]
        rows = list(range(len(answers)))  # which answer each row of `read` belongs to
        for left in range(max_new_tokens, 0, -1):
            tokens = pick(self._penalize(read.logits, [answers[row] for row in rows]), rows)
            open_rows = []
            for place, (row, token) in enumerate(zip(rows, tokens.tolist())):
                if not self.ended(answers[row]):
                    answers[row].append(token)
                if not self.ended(answers[row]):
                    open_rows.append(place)
            if not open_rows or left == 1:
                break
            if len(open_rows) <= len(rows) / 2:  # else moving the cache costs more than reading on
                kept = torch.tensor(open_rows, device=tokens.device)
                read, tokens, rows = read.rows(kept), tokens[kept], [rows[place] for place in open_rows]
            read = self.reader.step(read, tokens)
        return answers

    def ended(self, ids: Sequence[int]) -> bool:
        """Whether an answer has come to its end."""
        return bool(ids) and ids[-1] in self.ends

    def _penalize(self, logits: Tensor, answers: Sequence[list[int]]) -> Tensor:
        said = [self.penalized + ids for ids in answers]
        if self.penalty != 1.0 and said[0]:
            from transformers import RepetitionPenaltyLogitsProcessor

            process = RepetitionPenaltyLogitsProcessor(self.penalty)
            # One by one: rows that ended are shorter.
            logits = torch.cat(
                [process(torch.tensor([ids], device=logits.device), row[None]) for ids, row in zip(said, logits)]
            )
        return logits


def option_probabilities(
    reader: Reader, read: Read, options: Sequence[Sequence[Sequence[int]]], at_once: int = SCORED_ROWS
) -> list[list[float]]:
    """The probability of each option of each row, normalised over the row's options.

    An option's weight is the probability that sampling gives exactly it: the sum of the log-probabilities of its
    tokens, with the end of the answer, so that one that begins another is not favoured (our reading).

    Args:
        options: for each row, the ids of its options, each with its end of answer.
        at_once: options that are scored in one pass.
    """
    pairs = [(row, ids) for row, each in enumerate(options) for ids in each]
    sums = []
    for start in range(0, len(pairs), at_once):
        part = pairs[start : start + at_once]
        rows = torch.tensor([row for row, _ in part], device=read.lengths.device)
        sums.append(reader.log_probabilities(read.rows(rows), [ids for _, ids in part]))
    parts = torch.cat(sums).split([len(each) for each in options])
    return [part.double().softmax(0).tolist() for part in parts]
