"""All trainings that were asked for, each of which adds its row."""

from __future__ import annotations

import argparse
import logging
import platform
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, Iterator

import torch
import transformers

from emobench_data.errors import InputError
from emollm_plugin._version import __version__
from emollm_plugin.alignment.align import Words, words_of
from emollm_plugin.attach import register
from emollm_plugin.checkpoint import check_folder
from emollm_plugin.projector.options import in_full
from emollm_plugin.prompt.formats import load_tokenizer

from .arms import Arm
from .data import FOLDED, FOLDERS, Cell, make_cell, picture_root
from .features import features_of
from .model import LanguageModel
from .rows import append_row, is_done, packed, read_rows
from .training import BATCH, run

logger = logging.getLogger(__name__)


def run_all(options: argparse.Namespace, arms: list[Arm]) -> None:
    """Run what the options ask for and the row file lacks.

    Raises:
        InputError: data or base model are missing, or a name is unknown.
    """
    register()
    bench = Bench(options)
    for data, tower, seed, fold in _cells(options):
        cell, root = bench.cell(data, seed, fold)
        for arm in arms:
            key = bench.key(data, tower, arm, seed, fold, cell)
            if is_done(read_rows(*options.rows), key):
                continue
            append_row(options.rows[-1], bench.row(key, arm, cell, root))


def _cells(options: argparse.Namespace) -> Iterator[tuple[str, str, int, int]]:
    if not all(seed.strip().isdecimal() for seed in options.seeds.split(",")):
        raise InputError(f"--seeds {options.seeds} must be whole numbers with commas between")
    for data in options.data.split(","):
        if data not in FOLDERS:
            raise InputError(f"unknown data set {data!r}; known: {', '.join(FOLDERS)}")
        for tower in options.towers.split(","):
            for seed in map(int, options.seeds.split(",")):
                for fold in range(options.folds if data in FOLDED else 1):
                    yield data, tower, seed, fold


class Bench:
    """What all trainings share, each loaded once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        check_folder(options.base)
        self.models: dict[str, LanguageModel] = {}
        self.words: dict[tuple[str, ...], Words] = {}

    def cell(self, data: str, seed: int, fold: int) -> tuple[Cell, Path]:
        """The items, and the folder that their pictures lie in."""
        own = self.options
        root = picture_root(data, own.data_root or Path(), own.cache, seed=seed, development=own.development)
        return make_cell(data, root, seed=seed, fold=fold, folds=own.folds, train=own.train, test=own.test,
                         development=own.development), root  # fmt: skip

    def key(self, data: str, tower: str, arm: Arm, seed: int, fold: int, cell: Cell) -> dict[str, Any]:
        """Everything that a result follows from but the code, whose changes need an arm or a file of their own.

        Raises:
            InputError: there are fewer pictures to train on than a batch takes.
        """
        if len(cell.train) < BATCH:
            raise InputError(f"{data}: {len(cell.train)} pictures to train on are less than a batch of {BATCH}; take more")
        settings = asdict(arm) | {"projector": in_full(arm.projector)}
        return {
            "data": data, "tower": tower, "arm": settings.pop("name"), "seed": seed, "fold": fold,
            "folds": self.options.folds if data in FOLDED else 1, "development": self.options.development,
            "budget": self._budget(data), "train": len(cell.train), "test": len(cell.test),
            "steps": len(cell.train) * self.options.epochs // BATCH, "batch": BATCH, "rate": settings.pop("rate"),
            "base": Path(self.options.base).name, "settings": settings,
        }  # fmt: skip

    def _budget(self, data: str) -> str:
        # Folds differ in size, so that steps differ by a few between folds.
        passes = f"{self.options.epochs} pass" + "es" * (self.options.epochs > 1)
        return f"{self.options.train} faces, {passes}" if data == "fer2013" else passes

    def row(self, key: dict[str, Any], arm: Arm, cell: Cell, root: Path) -> dict[str, Any]:
        """Run one training and tell how it went."""
        # FER2013's pictures and OASIS's are the same for all seeds and tasks.
        source = root.name if key["data"] == "mini" else FOLDERS[key["data"]]
        kept = self.options.cache / f"{source}-{key['tower']}{arm.layer}.pt"
        images = [item.image for item in (*cell.train, *cell.test)]
        features = features_of(key["tower"], arm.layer, images, root, kept)
        words, model = self._words(cell), self._model(arm.template)
        start = time.perf_counter()
        answers, loss = run(arm, cell, model, features, words, steps=key["steps"], seed=key["seed"])
        seconds = time.perf_counter() - start
        gold = {item.id: item.answer for item in cell.test}
        options = tuple(sorted({option for item in cell.test for option in item.options}))
        right = sum(answers[item] == gold[item] for item in gold) / len(gold)
        majority = Counter(gold.values()).most_common(1)[0][1] / len(gold)
        named = " ".join(str(key[name]) for name in ("data", "tower", "arm", "seed", "fold"))
        logger.info("%s: accuracy %.3f, majority %.3f, loss %.3f, %.0f s", named, right, majority, loss, seconds)
        return {
            "key": key, "accuracy": right, "majority": majority, "loss": loss, "seconds": round(seconds, 1),
            "threads": torch.get_num_threads(), "options": options, "answers": packed(answers, gold, options),
            "versions": {"emollm": __version__, "torch": torch.__version__, "transformers": transformers.__version__,
                         "python": platform.python_version()},
        }  # fmt: skip

    def _model(self, template: str) -> LanguageModel:
        if template not in self.models:
            from llava.conversation import conv_templates
            from transformers import AutoModelForCausalLM

            # One set of weights for all templates.
            model = next(iter(self.models.values())).model if self.models else AutoModelForCausalLM.from_pretrained(
                self.options.base, torch_dtype=torch.float32
            )  # fmt: skip
            self.models[template] = LanguageModel(model, load_tokenizer(self.options.base), conv_templates[template])
        return self.models[template]

    def _words(self, cell: Cell) -> Words:
        labels = tuple(sorted({item.answer for item in cell.train}))
        if labels not in self.words:
            self.words[labels] = words_of(self.options.base, labels, "cpu")
        return self.words[labels]
