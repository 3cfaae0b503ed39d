"""All trainings that were asked for; each way to ask after one adds its row."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from itertools import groupby, product
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from emobench_data.io.errors import InputError
from emobench_data.io.llava_files import readable
from emobench_data.schema.items import AMBIGUOUS, UNPARSED
from emobench_data.schema.questions import read_asked
from emobench_data.scoring.core import read_items, summarise, with_reasons
from emollm_plugin.alignment.pairs import draw_pairs
from emollm_plugin.attach import register
from emollm_plugin.evaluation.device import pick_device

from ..quality.arms import GUIDED as TEMPLATE
from ..quality.training import turns_of
from ..shared.base import Base
from ..shared.features import features_of
from ..shared.loop import BATCH
from ..shared.machine import made_on
from ..shared.rows import append_row, is_done, read_rows
from .arms import CHAINS, LORA, RECIPES, STEPS, TEMPERATURE, TEXT, TRAININGS, VOTED, Arm, adapter
from .asking import give
from .data import FOLDERS, Cell, asked, make_cell, pictures, trained
from .training import Pictured, train_and_look

logger = logging.getLogger(__name__)
TOWER = "efficientnet_lite0"
# What an answer counts as, by its letter in a row.
OUTCOMES = ("right", "wrong", "unparsed", "ambiguous")


class Unit(NamedTuple):
    """One training and the ways to ask after it."""

    data: str
    seed: int
    arms: tuple[Arm, ...]


def run_all(options: argparse.Namespace, arms: list[Arm]) -> None:
    """Run what the options ask for and the row file lacks: all data sets and arms of a seed before the next seed.

    Raises:
        InputError: data or base model are missing, or a name is unknown.
    """
    register()
    bench, done = Bench(options), read_rows(options.rows)
    units = [bench.lacking(unit, done) for unit in _units(options, arms)]
    units = [unit for unit in units if unit.arms]
    for unit in tqdm(units, desc="trainings", mininterval=5, disable=None):
        for row in bench.rows(unit):
            append_row(options.rows, row, OUTCOMES)
            key = row["key"]
            logger.info("%s %s seed %d: accuracy %.3f", key["data"], key["arm"], key["seed"], row["accuracy"])


def _units(options: argparse.Namespace, arms: list[Arm]) -> Iterator[Unit]:
    names = options.data.split(",")
    unknown = [name for name in names if name not in FOLDERS]
    if unknown:
        raise InputError(f"unknown data set {unknown[0]!r}; known: {', '.join(FOLDERS)}")
    if not all(seed.strip().isdecimal() for seed in options.seeds.split(",")):
        raise InputError(f"--seeds {options.seeds} must be whole numbers with commas between")
    order = list(TRAININGS)
    arms = sorted(arms, key=lambda arm: order.index(arm.trained))
    for seed, name in product(map(int, options.seeds.split(",")), names):
        yield from (Unit(name, seed, tuple(own)) for _, own in groupby(arms, lambda arm: arm.trained))


class Bench:
    """What trainings share, each loaded once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device = options, torch.device(pick_device(options.device))
        self.base = Base(options.base, self.device)
        self.made_on, self.cell = made_on(self.device), cache(self._cell)

    def lacking(self, unit: Unit, done: list[dict[str, Any]]) -> Unit:
        """`unit` without the arms whose rows are there."""
        return unit._replace(arms=tuple(arm for arm in unit.arms if not is_done(done, self.key(unit, arm))))

    def key(self, unit: Unit, arm: Arm) -> dict[str, Any]:
        """Everything that a row follows from but the code, whose changes need an arm or a file of their own."""
        cell, settings = self.cell(unit.data, unit.seed), asdict(arm)
        recipe = {name: value for name, value in asdict(RECIPES[unit.data]).items() if name not in ("name", "cells")}
        votes = {"chains": CHAINS, "temperature": TEMPERATURE} if arm.decoding == VOTED else {}
        return {
            "data": unit.data,
            "arm": settings.pop("name"),
            "seed": unit.seed,
            "train": len(cell.train),
            "test": len(cell.test),
            "steps": STEPS[unit.data],
            "batch": BATCH,
            "base": Path(self.options.base).name,
            "settings": settings
            | recipe
            | votes
            | {"adapter": LORA | {"layers": "upper half" if unit.data in TEXT else "all"}},
            **self.made_on,
        }

    def rows(self, unit: Unit) -> Iterator[dict[str, Any]]:
        """Train once and ask in every way; a row for each."""
        model, cell = self.base.model(TEMPLATE), self.cell(unit.data, unit.seed)
        items = trained(cell, unit.data, TRAININGS[unit.arms[0].trained])
        quiet = self.options.quiet
        with model.adapted(unit.seed, adapter(unit.data, model.model.config.num_hidden_layers)):
            look, loss = train_and_look(
                model,
                RECIPES[unit.data],
                self._pictured(unit, cell),
                items,
                steps=STEPS[unit.data],
                seed=unit.seed,
                quiet=quiet,
            )
            for arm in unit.arms:
                put = asked(cell, unit.data, arm)
                given = give(model, look, put.questions, arm.decoding, seed=unit.seed, quiet=quiet)
                yield {"key": self.key(unit, arm), "loss": loss, **self._scored(put, given)}

    def _scored(self, put, given) -> dict[str, Any]:
        said = [{"question_id": key, "text": text} for key, text in given.texts.items()]
        questions = read_asked(readable(put.lines, "questions"))
        items = read_items(questions, put.lines, put.gold, said)
        result = with_reasons(summarise(items, questions), items, questions, put.gold)
        letters = {True: "a", UNPARSED: "c", AMBIGUOUS: "d"}
        answers = {str(item.question): "a" + letters.get(item.guess == item.truth or item.guess, "b") for item in items}
        count = len(answers)
        faithful = {task: own["faithfulness"] for task, own in result["tasks"].items() if "faithfulness" in own}
        return {
            "accuracy": sum(pair == "aa" for pair in answers.values()) / count,
            "majority": {task: own["majority"] for task, own in result["tasks"].items()},
            "tokens": round(given.tokens / count, 2),
            "seconds": round(given.seconds / count, 4),
            "processor": round(given.processor / count, 4),
            "threads": torch.get_num_threads(),
            "votes": {"tied": given.tied, "unparsed": given.unparsed},
            "faithfulness": faithful,
            "faults": {kind: len(ids) for kind, ids in result.get("reason_faults", {}).items() if ids},
            "answers": answers,
        }

    def _pictured(self, unit: Unit, cell: Cell) -> Pictured | None:
        if cell.root is None:
            return None
        layer, seen = RECIPES[unit.data].layer, pictures(cell)
        source = cell.root.name
        kept = self.options.cache / f"{source}-{TOWER}{layer}.pt"
        features = features_of(TOWER, layer, seen, cell.root, kept, self.device)
        plain = turns_of(trained(cell, unit.data, TRAININGS["direct"]))
        labels = {pair.label for pair in draw_pairs(plain, most=len(plain), seed=unit.seed)}
        return Pictured(features, self.base.words(sorted(labels)))

    def _cell(self, data: str, seed: int) -> Cell:
        return make_cell(data, self.options.data_root or Path(), self.options.cache, seed, self.options.test)
