"""How fast greedy answers are decoded: `transformers.generate` over a padded batch, and `emollm eval`'s own reading.

    python benchmarks/decode_speed.py CHECKPOINT --questions questions.jsonl --images media [--items 48] [--batch 48]
        [--rounds 3] [--tokens 16]

Both get the same prompts with the same pictures, encoded beforehand, in one process, by turns. Prints a Markdown table with the
median seconds of the rounds on the wall, their CPU seconds, which other programs blur less, and the share of equal answers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import GenerationMixin

import emollm_plugin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    for name, default in (("items", 48), ("batch", 48), ("rounds", 3), ("tokens", 16)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    predictor = emollm_plugin.Predictor.load(given.checkpoint)
    prompts = _prompts(predictor, given)
    ways: dict[str, Callable] = {"transformers.generate": _generated, "emollm eval": _ours}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    answers: dict[str, list[list[int]]] = {}
    for _ in range(given.rounds):
        for name, way in ways.items():
            begun, begun_cpu = time.perf_counter(), time.process_time()
            parts = [prompts[start : start + given.batch] for start in range(0, len(prompts), given.batch)]
            answers[name] = [row for part in parts for row in way(predictor, part, given.tokens)]
            seconds[name].append((time.perf_counter() - begun, time.process_time() - begun_cpu))
    same = sum(one == other for one, other in zip(*answers.values())) / len(prompts)
    print("| | seconds, median of rounds | CPU seconds, median | from | to | equal |\n| --- | --- | --- | --- | --- | --- |")
    for name, rounds in seconds.items():
        wall, spent = zip(*rounds)
        figures = " | ".join(
            f"{each:.2f}" for each in (statistics.median(wall), statistics.median(spent), min(spent), max(spent))
        )
        print(f"| {name} | {figures} | {same:.0%} |")


def _prompts(predictor: emollm_plugin.Predictor, given: argparse.Namespace) -> list:
    from emobench_data.schema.questions import read_questions

    asked = [one for one in read_questions(given.questions) if one.image][: given.items]
    ready = [predictor.ask(given.images / str(one.image), one.text, picture=one.image) for one in asked]
    with torch.inference_mode():
        return predictor._prompts(ready)


@torch.inference_mode()
def _ours(predictor: emollm_plugin.Predictor, prompts: list, tokens: int) -> list[list[int]]:
    return predictor.greedy(predictor.reader.read(prompts, room=tokens), max_new_tokens=tokens)


@torch.inference_mode()
def _generated(predictor: emollm_plugin.Predictor, prompts: list, tokens: int) -> list[list[int]]:
    rows = [predictor.reader._embed(prompt) for prompt in prompts]
    longest = max(map(len, rows))
    embeddings = torch.stack([torch.cat([row.new_zeros(longest - len(row), row.shape[1]), row]) for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    new = GenerationMixin.generate(
        predictor.model,
        inputs_embeds=embeddings,
        attention_mask=mask.to(embeddings.device),
        max_new_tokens=tokens,
        do_sample=False,
        pad_token_id=predictor.tokenizer.pad_token_id,
    )
    return [_ended(row, predictor.greedy.ends) for row in new.tolist()]


def _ended(row: list[int], ends: set[int]) -> list[int]:
    """The ids up to the first end, that with them."""
    return row[: next((place for place, token in enumerate(row) if token in ends), len(row)) + 1]


if __name__ == "__main__":
    main()
