"""Several questions about each picture: how often pictures are encoded, and what it spares to read each once.

    python benchmarks/several_questions.py --count 5000
    python benchmarks/several_questions.py CHECKPOINT --images media [--pictures 10] [--batch 64] [--visual 49,576]
        [--layers 6]

Five sub-tasks are asked about each picture, with a caption where there are memes. The first form counts encodings for 256 MB of
remembered features, without a model. The second answers the questions on one thread, in a process for each way: in batches by
length, as before; in batches by picture; and with each picture read once. Tokens of the prefill are counted with their padding.
`--visual` puts so many random tokens in a picture's place, `--layers` keeps the first layers of the decoder only. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import torch

import emollm_plugin
from emobench_data.schema.questions import Question
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import get_task, question, quoted
from emollm_plugin.evaluation import reader
from emollm_plugin.evaluation.batches import in_batches, ready_batches
from emollm_plugin.evaluation.remembered import Remembered

LABELS = {
    "emo_c": ("happiness", "sadness", "anger", "surprise", "fear", "disgust"),
    "emo_o": ("happiness",),
    "intent": ("Greet", "Thank", "Warn", "Comfort", "Praise", "Ask for help"),
    "hate": ("Yes", "No"),
    "sarcasm": ("Yes", "No"),
}
WORDS = ("do", "not", "let", "these", "lie", "about", "any", "longer", "when", "all", "of", "us", "feel", "fantastic")
# What a picture takes with SmolLM2-135M in float32, at 4 and 49 tokens, and with LLaVA-1.5-7B in float16.
FEATURES = {
    "4 x 576, float32": (4, 576, torch.float32),
    "49 x 576, float32": (49, 576, torch.float32),
    "576 x 4096, float16": (576, 4096, torch.float16),
}
Order = Callable[[list[Question], int], list[list[Question]]]


def asked_about(pictures: list[str]) -> list[Question]:
    """The five sub-tasks of each picture, task by task, as EmoBench's files have them."""
    draw, made = Random(0), []
    for task, labels in LABELS.items():
        for picture in pictures:
            words = " ".join(draw.choices(WORDS, k=draw.randint(4, 25))) if labels == ("Yes", "No") else ""
            media, type_ = (Medium("image", picture),), get_task(task).type
            options = labels if type_.takes_options else ()
            record = Record("own", picture, task, media=media, answer=labels[0], options=options, text=quoted("Caption", words))
            made.append(Question(f"{picture}/{task}", question(record, training=False), media, labels if options else ()))
    return made


def by_length(questions: list[Question], size: int) -> list[list[Question]]:
    """The order that was, for questions of one kind."""
    own = sorted(questions, key=lambda one: (-len(one.text), one.text))
    return [own[start : start + size] for start in range(0, len(own), size)]


def by_picture(questions: list[Question], size: int) -> list[list[Question]]:
    return in_batches(questions, size, likelihood=False)


ORDERS: dict[str, Order] = {"by length": by_length, "by picture": by_picture}
WAYS = {"by length": (by_length, 0.0), "by picture": (by_picture, 0.0), "by picture, read once": (by_picture, reader.PAYS)}


def count(pictures: int) -> None:
    """Print how often pictures are encoded."""
    questions = asked_about([f"{number}.jpg" for number in range(pictures)])
    print(f"{len(questions)} questions, {pictures} pictures\n\n| features | batches of | {' | '.join(ORDERS)} |")
    print("| --- " * (2 + len(ORDERS)) + "|")
    for name, (tokens, width, dtype) in FEATURES.items():
        for size in (16, 64):
            found = [encodings(order(questions, size), (tokens, width), dtype) for order in ORDERS.values()]
            print(f"| {name} | {size} | {' | '.join(f'{each:,}' for each in found)} |")


def encodings(batches: list[list[Question]], shape: tuple[int, int], dtype: torch.dtype) -> int:
    memory, encoded = Remembered(), []
    for batch in batches:
        names = [one.medium for one in batch]
        memory.of(
            names, names, lambda new: encoded.extend(new) or [torch.empty(shape, dtype=dtype, device="meta") for _ in new]
        )
    return len(encoded)


def measure(given: argparse.Namespace) -> None:
    """Print what each way takes, and how many answers are equal to the first's."""
    torch.set_num_threads(1)
    predictor = emollm_plugin.Predictor.load(given.checkpoint, device="cpu", dtype="float32")
    if given.layers:
        del predictor.model.model.layers[given.layers :]
        predictor.model.config.num_hidden_layers = given.layers
    names = sorted(path.relative_to(given.images).as_posix() for path in given.images.rglob("*.jpg"))
    questions = asked_about(names[:: max(1, len(names) // given.pictures)][: given.pictures])
    for visual in map(int, given.visual.split(",")):
        tokens = f"{visual} random tokens" if visual else "the tower's tokens"
        print(f"\n{len(questions)} questions, {given.pictures} pictures of {tokens}, batches of {given.batch}\n")
        _compare(predictor, questions, visual, given)


def _compare(predictor: Any, questions: list[Question], visual: int, given: argparse.Namespace) -> None:
    print("| way | CPU s | encoder / prefill / rest, CPU s | prefill: tokens, passes | peak memory, GB | equal answers |")
    print("| --- " * 6 + "|")
    fork, first = multiprocessing.get_context("fork"), None
    for way in WAYS:
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_answer, args=(way, predictor, questions, visual, given, theirs))
        process.start()
        found: dict[str, Any] = ours.recv()
        process.join()
        first = first or found["answers"]
        same = f"{sum(first[key] == text for key, text in found['answers'].items())} of {len(first)}"
        cpu, encoder, prefill = found["cpu"], found["encoder"], found["prefill"]
        parts = f"{encoder:.1f} / {prefill:.1f} / {cpu - encoder - prefill:.1f}"
        read = f"{found['tokens']:,} in {found['passes']}"
        print(f"| {way} | {cpu:.1f} | {parts} | {read} | {found['memory']:.2f} | {same} |", flush=True)


def _answer(way: str, predictor: Any, questions: list[Question], visual: int, given: argparse.Namespace, out: Any) -> None:
    order, reader.PAYS = WAYS[way]
    spent = {"encoder": 0.0, "prefill": 0.0, "tokens": 0, "passes": 0}
    encode = _random(visual, predictor.model.config.hidden_size) if visual else predictor._encode

    forward = predictor.reader._forward

    def counted(embeddings: torch.Tensor, *more: Any) -> Any:
        if embeddings.shape[1] > 1:  # no step of decoding
            spent["tokens"] += embeddings.shape[0] * embeddings.shape[1]
            spent["passes"] += 1
        return forward(embeddings, *more)

    predictor.reader._forward = counted
    predictor._encode = _timed(encode, spent, "encoder")
    predictor.reader.read = _timed(predictor.reader.read, spent, "prefill")
    begun, answers = time.process_time(), {}
    for batch in ready_batches(order(questions, given.batch), given.images, predictor, workers=0):
        asked, ready = zip(*batch)
        answers |= zip([one.id for one in asked], predictor.answer_batch(ready, max_new_tokens=16))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    out.send({"answers": answers, "cpu": time.process_time() - begun, "memory": memory, **spent})


def _random(tokens: int, width: int) -> Callable[[list], list[torch.Tensor]]:
    """Features of the size of words' embeddings, the same for a picture in every way."""

    def encode(asked: list) -> list[torch.Tensor]:
        seeds = [int.from_bytes(str(one.picture).encode()[-7:], "big") for one in asked]
        return [torch.randn(tokens, width, generator=torch.Generator().manual_seed(seed)) * 0.1 for seed in seeds]

    return encode


def _timed(function: Callable, spent: dict, part: str) -> Callable:
    def run(*args, **kwargs):
        begun = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[part] += time.process_time() - begun

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--count", type=int, help="of pictures")
    parser.add_argument("--images", type=Path)
    for name, default in (("pictures", 10), ("batch", 64), ("layers", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--visual", default="0", help="tokens of a picture, with commas between; 0 for those of the tower")
    given = parser.parse_args()
    if given.count:
        count(given.count)
    if given.checkpoint:
        measure(given)


if __name__ == "__main__":
    main()
