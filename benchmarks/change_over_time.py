"""Clips whose answer only the order of the frames tells: a model that reads them beside its own single-frame version.

    python -m benchmarks.change_over_time [--train 128] [--test 32] [--epochs 14] [--seeds 0 1 2]
        [--arms change frames single] [--out data/change-over-time]

The clips are EmoBench-mini's with --changes (a smile that grows or fades; `emobench_data/mini/changes.py`). A run is
LLaVA's own trainer on records with `video`, then `emollm eval`; the vision encoder is EfficientNet-Lite0, frozen, the
language model a random LLaMA of four layers with a tokenizer of the questions' words, trained in full: the real small
base would take hours on two cores. Arms differ in --mm_projector_type alone. For the time, what the encoder says of a
frame is kept (in --out too), and each sample in memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from functools import lru_cache
from pathlib import Path

import torch

from emobench_data.io.llava_files import read_training
from tests.emollm_plugin.conftest import make_tokenizer

ARMS = {
    "change": "multiperspective:perspectives=change,tokens=4,width=128,frames=4",
    "frames": "multiperspective:perspectives=none,tokens=4,frames=4",
    "single": "multiperspective:perspectives=change,tokens=4,width=128,frames=1",
}


def make_base(folder: Path, data: Path, seed: int) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM

    texts = [turn["value"] for record in read_training(data / "train.json") for turn in record["conversations"]]
    words = make_tokenizer(folder, corpus=texts)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def keep_in_memory(file: Path) -> None:
    """The frozen encoder's tokens of every frame (kept in `file`), and every sample, are made once."""
    from llava.train import train as host

    from emollm_plugin.towers.efficientnet_lite import EfficientNetLiteTower

    forward = EfficientNetLiteTower.forward
    known = torch.load(file) if file.exists() else {}

    def remembered(self, images):
        keys = [hashlib.blake2b(image.numpy().tobytes(), digest_size=16).hexdigest() for image in images]
        new = {key: image for key, image in zip(keys, images) if key not in known}
        if new:
            known.update((key, tokens.clone()) for key, tokens in zip(new, forward(self, torch.stack([*new.values()]))))
            torch.save(known, file)
        return torch.stack([known[key] for key in keys])

    EfficientNetLiteTower.forward = remembered
    get = host.LazySupervisedDataset.__getitem__
    host.LazySupervisedDataset.__getitem__ = lambda self, index: self.__dict__.setdefault(
        "_kept", lru_cache(maxsize=None)(lambda place: get(self, place))
    )(index)


def train(base: Path, data: Path, projector: str, out: Path, *, epochs: int, seed: int) -> None:
    from emollm_plugin.host.launch import main

    settings = {
        "model_name_or_path": base,
        "version": "chatml",
        "data_path": data / "train.json",
        "image_folder": data / "media",
        "vision_tower": "efficientnet_lite0",
        "mm_vision_select_layer": -3,
        "mm_projector_type": projector,
        "mm_use_im_patch_token": False,
        "image_aspect_ratio": "pad",
        "use_cpu": True,
        "output_dir": out,
        "num_train_epochs": epochs,
        "per_device_train_batch_size": 16,
        "learning_rate": 1e-3,
        "warmup_steps": 20,
        "lr_scheduler_type": "constant_with_warmup",
        "logging_steps": 16,
        "save_strategy": "no",
        "model_max_length": 512,
        "lazy_preprocess": True,
        "report_to": "none",
        "seed": seed,
    }
    if main(["llava.train.train", *(part for key, value in settings.items() for part in (f"--{key}", str(value)))]):
        raise SystemExit(f"training in {out} failed")


def accuracy(checkpoint: Path, data: Path) -> float:
    from emobench_data.scoring import score
    from emollm_plugin.evaluation.predictor import Predictor
    from emollm_plugin.evaluation.run import evaluate

    predictor = Predictor.load(str(checkpoint), dtype=torch.float32)
    answers = checkpoint / "answers.jsonl"
    evaluate(predictor, data / "questions.jsonl", data / "media", answers, model=checkpoint, likelihood=True, workers=0)
    return score(data / "questions.jsonl", data / "gold.jsonl", answers)["overall"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=int, default=128)
    parser.add_argument("--test", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--out", type=Path, default=Path("data/change-over-time"))
    given = parser.parse_args()
    import emollm_plugin
    from emobench_data.building.convert import make_mini

    emollm_plugin.register()
    data = given.out / "clips"
    make_mini(data, train=given.train, test=given.test, seed=0, videos="clips", plan="changes")
    keep_in_memory(given.out / "features.pt")
    for seed in given.seeds:
        base = make_base(given.out / f"base-{seed}", data, seed)
        for arm in given.arms:
            out = given.out / f"llava-{arm}-{seed}"
            shutil.rmtree(out, ignore_errors=True)
            train(base, data, ARMS[arm], out, epochs=given.epochs, seed=seed)
            history = json.loads((out / "trainer_state.json").read_text())["log_history"]
            losses = [entry["loss"] for entry in history if "loss" in entry]
            print(f"{arm} seed {seed}: accuracy {accuracy(out, data):.3f}, last loss {losses[-1]:.3f}", flush=True)


if __name__ == "__main__":
    main()
