"""`emollm eval`: a question file in, an answer file out, as LLaVA's `model_vqa_loader` reads and writes them."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from emobench_data.io.errors import InputError
from emobench_data.media.stamp import signature
from emobench_data.schema.questions import answer_tokens, chunk, read_visual

from .answering import Way
from .answers import Answers, run_id
from .batches import in_batches, ready_batches
from .chains import SelfConsistency
from .lanes import lanes_for, side_by_side
from .predictor import Predictor

logger = logging.getLogger(__name__)
# Questions at a time on a CPU, the larger number with a model whose keys and values of so many prompts are small; on a GPU at
# most.
BATCH, LARGE_BATCH, MOST = 16, 64, 256
PROMPT, SMALL = 1024, 4 * 2**30  # tokens, bytes
SHARE = 0.5  # of a GPU's free memory that keys and values may take
NUMBERS = GREEDY, EXPECTATION = "greedy", "expectation"


def evaluate(
    predictor: Predictor,
    questions: Path | str,
    images: Path | str,
    answers: Path | str,
    *,
    model: Path | str,
    chunks: int = 1,
    chunk_index: int = 0,
    likelihood: bool = False,
    votes: SelfConsistency | None = None,
    numbers: str = GREEDY,
    max_new_tokens: int | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
) -> int:
    """Answer the questions that `answers` does not answer yet, and return how many that were.

    Args:
        model: where `predictor` was loaded from.
        likelihood: answer questions that have options by the most probable option, its probabilities in the metadata; where
            they ask for reasons, behind those that greedy decoding gives.
        votes: answer questions that ask for reasons by the majority over sampled chains, which are kept in the metadata; an
            answer is empty where no majority is.
        numbers: one of `NUMBERS`: numbers and ordered classes as greedy text, or by `expectation`, in the metadata too.
        max_new_tokens: of an answer; default: what the questions need.
        batch_size: questions that are worked on at a time; default: `LARGE_BATCH` or `BATCH`.

    Raises:
        InputError: a file cannot be read, the answers are of another run, a medium is not there, or there are no reasons to
            vote over.
    """
    from llava.mm_utils import get_model_name_from_path

    questions, images, answers = Path(questions), Path(images), Path(answers)
    read = read_visual(questions, heard=predictor.ears is not None)
    guided = any(one.reasoned for one in read)
    if votes and not guided:
        raise InputError(f"{questions}: asks for no reasons, and there is nothing to vote over; leave out --self-consistency")
    max_new_tokens = max_new_tokens or answer_tokens(read)
    clips = sum(one.video is not None for one in read)
    if clips and predictor.eyes.clips is None:
        logger.warning("%s: trained on no clips, so each of %d is shown as a picture of four frames", model, clips)
    asked = chunk(read, chunks, chunk_index)
    run = run_id(
        model=str(model),
        weights=_weights(Path(model)),
        base=_weights(Path(predictor.base)) if predictor.base else [],
        template=predictor.template,
        tokens=max_new_tokens,
        likelihood=likelihood,
        **({"votes": asdict(votes)} if votes else {}),
        **({"numbers": numbers} if numbers != GREEDY else {}),
        **({"tower": [predictor.tower, _weights(Path(predictor.tower))]} if predictor.tower else {}),
        **({"options": [one.options for one in asked]} if likelihood or numbers != GREEDY else {}),
        **({"forms": [one.form for one in asked]} if guided else {}),
        dtype=predictor.model.dtype,
        asked=[(one.id, one.medium, one.text, *([one.audio] if one.audio else [])) for one in asked],
        media=signature((medium.path for one in asked for medium in one.media), images),
    )
    file = Answers(answers, asked, model_id=get_model_name_from_path(str(model)), run=run)
    left = [question for question in asked if question.id not in file.done]
    if len(left) < len(asked):
        logger.info("%s: %d of %d answers are there already", answers, len(asked) - len(left), len(asked))
    way = Way(max_new_tokens, likelihood, votes, numbers == EXPECTATION)
    size = batch_size or default_batch(predictor.model)
    lanes = lanes_for(predictor, min(size, len(left)))
    share = min(size // lanes, -(-len(left) // lanes))  # a batch for each, of few questions too
    batches = in_batches(left, max(share, 1), likelihood=likelihood, expectation=way.expectation)
    ready = ready_batches(batches, images, predictor, workers=workers)
    told: Counter[str] = Counter()
    try:
        with tqdm(total=len(asked), initial=len(asked) - len(left), unit="question") as progress:
            for answered in side_by_side(way, ready, predictor, lanes):
                for question, text, more in answered:
                    file.add(question, text, **more)
                    if "votes" in more:
                        told.update(tied=more["tied"], unparsed=more["unparsed"], chains=len(more["chains"]))
                progress.update(len(answered))
    finally:
        file.close()
    if votes:
        fact = "self-consistency: %d questions without a majority, %d of %d chains without an answer"
        logger.info(fact, told["tied"], told["unparsed"], told["chains"])
    return len(left)


def default_batch(model: Any) -> int:
    """How many questions a batch holds with a causal model where nobody says: on a GPU by the memory that is free there."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    token = 2 * config.num_hidden_layers * heads * width * model.dtype.itemsize
    if model.device.type == "cuda":
        free = torch.cuda.mem_get_info(model.device)[0]
        return max(1, min(MOST, int(SHARE * free / (token * PROMPT))))
    return LARGE_BATCH if token * PROMPT * LARGE_BATCH <= SMALL else BATCH


def _weights(folder: Path) -> list[tuple[str, int, int]]:
    """What tells one state of a model folder from another, without reading its weights."""
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin"), *folder.glob("*.json")])
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
