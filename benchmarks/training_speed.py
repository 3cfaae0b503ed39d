"""Samples a second in training: LLaVA's own forward, ours with padded batches, and ours with packed ones.

    python benchmarks/training_speed.py CHECKPOINT --data train.json --images media [--batches 4] [--batch 8] [--rounds 3]
        [--dropout 0.05]

The checkpoint (a folder of `llava-emollm-lora`) is loaded merged and gets a fresh adapter of rank 16. Each way goes forward
and back through the same batches, by turns, in one process; no optimizer. Prints a Markdown table: samples a CPU second, which
other programs blur less than seconds on the wall, and the loss, which is the same.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from peft import LoraConfig, get_peft_model
from PIL import Image

import emollm_plugin
from emollm_plugin.prompt.encode import encode
from emollm_plugin.training import loss
from emollm_plugin.training.collate import padded_by_length


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    for name, default in (("batches", 4), ("batch", 8), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.05)
    given = parser.parse_args()
    predictor = emollm_plugin.Predictor.load(given.checkpoint)
    batches = _batches(predictor, given)
    model = _trained(predictor.model, given.dropout)
    from llava.model import LlavaLlamaForCausalLM

    hosts: Any = LlavaLlamaForCausalLM.host_class  # behind ours; it makes logits of every token
    ways: dict[str, Callable[[dict[str, Any]], torch.Tensor]] = {
        "LLaVA's own forward": lambda batch: hosts.forward(model, **batch).loss,
        "ours, padded": lambda batch: _padded(model, batch),
        "ours, packed": lambda batch: model(**batch).loss,
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    losses: dict[str, float] = {}
    for number in range(given.rounds + 1):  # the first warms up
        for name, way in ways.items():
            begun = time.process_time()
            losses[name] = _pass(way, batches)
            if number:
                speeds[name].append(given.batches * given.batch / (time.process_time() - begun))
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}, LoRA dropout {given.dropout}\n")
    print("| | samples a CPU second, median | from | to | times LLaVA's | loss |\n| --- | --- | --- | --- | --- | --- |")
    first = statistics.median(next(iter(speeds.values())))
    for name, own in speeds.items():
        middle = statistics.median(own)
        print(f"| {name} | {middle:.2f} | {min(own):.2f} | {max(own):.2f} | {middle / first:.2f} | {losses[name]:.4f} |")


def _batches(predictor: emollm_plugin.Predictor, given: argparse.Namespace) -> list[dict[str, Any]]:
    from llava.mm_utils import tokenizer_image_token

    records = [record for record in json.loads(given.data.read_text()) if "image" in record]
    random.Random(0).shuffle(records)
    samples = []
    for record in records[: given.batches * given.batch]:
        turns = record["conversations"]
        ids, labels = encode(
            predictor.prompter.conv, turns, predictor.tokenizer, lambda text: tokenizer_image_token(text, predictor.tokenizer)
        )
        with Image.open(given.images / record["image"]) as picture:
            pixels = predictor.eyes.picture(picture.convert("RGB")).pixels
        samples.append({"input_ids": torch.tensor(ids), "labels": torch.tensor(labels), "image": pixels})
    collator = argparse.Namespace(tokenizer=predictor.tokenizer)
    collate = padded_by_length(lambda *_: None)
    return [collate(collator, samples[start : start + given.batch]) for start in range(0, len(samples), given.batch)]


def _trained(model: Any, dropout: float) -> Any:
    """The model with a fresh adapter in its decoder, as `TUNE=lora` trains it, its projector too."""
    model.requires_grad_(False)
    names = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and ".layers." in name and "vision_tower" not in name
    ]
    get_peft_model(model, LoraConfig(r=16, lora_alpha=32, lora_dropout=dropout, target_modules=names))
    model.get_model().mm_projector.requires_grad_(True)
    return model.train()


def _padded(model: Any, batch: dict[str, Any]) -> torch.Tensor:
    with mock.patch.object(loss, "packable", lambda *_: False):
        return model(**batch).loss


def _pass(way: Callable[[dict[str, Any]], torch.Tensor], batches: list[dict[str, Any]]) -> float:
    torch.manual_seed(0)
    total = 0.0
    for batch in batches:
        value = way(batch)
        value.backward()
        total += value.item()
    return total / len(batches)


if __name__ == "__main__":
    main()
