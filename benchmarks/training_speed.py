"""Samples a second in training: LLaVA's own forward, ours with padded batches, and ours with packed ones.

    python benchmarks/training_speed.py CHECKPOINT --data train.json --images media [--batches 4] [--batch 8] [--rounds 3]
        [--dropout 0.05]
    python benchmarks/training_speed.py --shapes vicuna-7b-clip-l [--layers 2] [--batches 2] [--device cuda]

The checkpoint (a folder of `llava-emollm-lora`) is loaded merged and gets a fresh adapter of rank 16. Without one the model
has the shapes of a recipe and random weights, in bfloat16 on a GPU, and samples are made up: a picture, 30 to 60 tokens of
question, answers of 2 to 120 tokens, most of them short. Each way goes forward and back through the same batches, by turns, in
one process; no optimizer. Prints a Markdown table: samples a CPU second, which other programs blur less than seconds on the
wall, on a GPU samples a second, and the loss, which is the same.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from llava.constants import IMAGE_TOKEN_INDEX
from peft import LoraConfig, get_peft_model
from PIL import Image

import emollm_plugin
from emobench_data.io.errors import InputError
from emollm_plugin.planning.model import build
from emollm_plugin.prompt.encode import IGNORE_INDEX, encode
from emollm_plugin.recipes.defaults import with_defaults
from emollm_plugin.recipes.layers import read_recipe
from emollm_plugin.training import loss
from emollm_plugin.training.collate import padded_by_length

QUESTION, ANSWER, SHORT = (30, 60), (2, 120), 8  # tokens; seven of eight answers are SHORT at most
ROOM = 2048


def main() -> None:
    """Measure and print."""
    given = _arguments()
    try:
        model, batches = _of_shapes(given) if given.shapes else _of_checkpoint(given)
    except InputError as error:
        sys.exit(str(error))
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
            begun = _now(model)
            losses[name] = _pass(way, batches)
            if number:
                speeds[name].append(given.batches * given.batch / (_now(model) - begun))
    unit = "second" if model.device.type == "cuda" else "CPU second"
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}, LoRA dropout {given.dropout}, {model.device}\n")
    print(f"| | samples a {unit}, median | from | to | times LLaVA's | loss |\n| --- | --- | --- | --- | --- | --- |")
    first = statistics.median(next(iter(speeds.values())))
    for name, own in speeds.items():
        middle = statistics.median(own)
        print(f"| {name} | {middle:.2f} | {min(own):.2f} | {max(own):.2f} | {middle / first:.2f} | {losses[name]:.4f} |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--images", type=Path)
    for name, default in (("batches", 4), ("batch", 8), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--shapes", help="a shipped recipe, or `default`")
    parser.add_argument("--layers", type=int, help="of the decoder of --shapes, where not all of them")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    if not given.shapes and not (given.checkpoint and given.data and given.images):
        parser.error("give CHECKPOINT with --data and --images, or --shapes")
    return given


def _of_checkpoint(given: argparse.Namespace) -> tuple[Any, list[dict[str, Any]]]:
    predictor = emollm_plugin.Predictor.load(given.checkpoint)
    return _trained(predictor.model, given.dropout), _batches(predictor, given)


def _of_shapes(given: argparse.Namespace) -> tuple[Any, list[dict[str, Any]]]:
    """A model of random weights, and made-up batches for it."""
    recipe = with_defaults(read_recipe({}, None if given.shapes == "default" else given.shapes, ["tune=lora"]))
    torch.manual_seed(0)
    half = given.device.startswith("cuda")
    with mock.patch("emollm_plugin.planning.model.DROPOUT", given.dropout):
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16 if half else before)
        try:
            model, _ = build(recipe, layers=given.layers, device=given.device)
        finally:
            torch.set_default_dtype(before)
    side = model.get_model().get_vision_tower().config.image_size
    draw = random.Random(0)
    samples = [_made_up(draw, model.config.vocab_size, torch.randn(3, side, side)) for _ in range(given.batches * given.batch)]
    tokenizer = argparse.Namespace(pad_token_id=0, model_max_length=ROOM)
    batches = _collated(samples, tokenizer, given.batch)
    kind = next(model.parameters()).dtype
    for batch in batches:
        batch.update({name: value.to(given.device) for name, value in batch.items() if isinstance(value, torch.Tensor)})
        batch["images"] = batch["images"].to(kind)
    return model.get_base_model(), batches


def _made_up(draw: random.Random, vocabulary: int, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    question = draw.randint(*QUESTION)
    answer = draw.randint(*ANSWER) if draw.random() < 1 / 8 else draw.randint(ANSWER[0], SHORT)
    ids = [draw.randrange(3, vocabulary) for _ in range(question + answer)]
    ids[1] = IMAGE_TOKEN_INDEX
    labels = [IGNORE_INDEX] * question + ids[question:]
    return {"input_ids": torch.tensor(ids), "labels": torch.tensor(labels), "image": pixels}


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
    return _collated(samples, predictor.tokenizer, given.batch)


def _collated(samples: list[dict[str, Any]], tokenizer: Any, size: int) -> list[dict[str, Any]]:
    collate = padded_by_length(lambda *_: None)
    collator = argparse.Namespace(tokenizer=tokenizer)
    return [collate(collator, samples[start : start + size]) for start in range(0, len(samples), size)]


def _now(model: Any) -> float:
    """Seconds: of the processor, or on a GPU, when it is through, on the wall."""
    if model.device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


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
