"""All trainings that were asked for, each of which adds its row."""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from emobench_data.io.errors import InputError
from emollm_plugin.attach import register
from emollm_plugin.evaluation.device import pick_device
from emollm_plugin.projector.options import in_full
from emollm_plugin.training.preflight import check_tower_name

from ..shared.base import Base
from ..shared.features import features_of
from ..shared.loop import BATCH
from ..shared.machine import made_on
from ..shared.options import check_least
from ..shared.rows import append_row, is_asked, is_done, read_rows
from .arms import Arm, layer_of
from .data import FOLDED, FOLDERS, Cell, make_cell, picture_root
from .letters import letter, lettered
from .logistic import by_cells, fit_and_answer
from .training import run
from .workers import workers

logger = logging.getLogger(__name__)


LEAST = {"jobs": 1, "epochs": 1, "folds": 2, "train": 1, "test": 1}  # of the options that are numbers


class Unit(NamedTuple):
    """One training."""

    data: str
    tower: str
    seed: int
    fold: int
    arm: Arm


def run_all(options: argparse.Namespace, arms: list[Arm]) -> None:
    """Run what the options ask for and the row files lack.

    Raises:
        InputError: data or base model are missing, or a name is unknown.
    """
    check_least(options, LEAST)
    register()
    bench, done = Bench(options), read_rows(*options.rows)
    units = [unit for unit in _units(options, arms) if not is_done(done, bench.key(unit))]
    for unit in {(unit.data, unit.seed, unit.fold): unit for unit in units}.values():
        # Or a row would be refused after its training.
        is_asked(options.rows[-1], bench.key(unit), *lettered(bench.cell(unit)[0].test))
    with workers(options.jobs, partial(_worker, options), bench) as each:
        for _ in each(_encode, bench.pictures(units)):
            pass
        for row, asked in tqdm(each(Bench.row, units), total=len(units), desc="trainings", mininterval=5, disable=None):
            append_row(options.rows[-1], row, asked)
            named = " ".join(str(row["key"][name]) for name in ("data", "tower", "arm", "seed", "fold"))
            logger.info(
                "%s: accuracy %.3f, majority %.3f, loss %.3f, %.0f s",
                named,
                *(row[figure] for figure in ("accuracy", "majority", "loss", "seconds")),
            )


def _units(options: argparse.Namespace, arms: list[Arm]) -> Iterator[Unit]:
    if not all(seed.strip().isdecimal() for seed in options.seeds.split(",")):
        raise InputError(f"--seeds {options.seeds} must be whole numbers with commas between")
    for data in options.data.split(","):
        if data not in FOLDERS:
            raise InputError(f"unknown data set {data!r}; known: {', '.join(FOLDERS)}")
        for tower in options.towers.split(","):
            check_tower_name(tower)
            for seed in map(int, options.seeds.split(",")):
                for fold in range(options.folds if data in FOLDED else 1):
                    yield from (Unit(data, tower, seed, fold, arm) for arm in arms)


def _worker(options: argparse.Namespace) -> Bench:
    torch.set_num_threads(1)
    register()
    return Bench(options)


def _encode(bench: Bench, pictures: Pictures) -> None:
    bench.features(pictures)  # stay in their file


class Pictures(NamedTuple):
    """What one file of kept features holds at least."""

    kept: Path
    tower: str
    layer: int
    root: Path
    images: tuple[str, ...]


class Bench:
    """What all trainings share, each loaded once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device = options, torch.device(pick_device(options.device))
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TF32
        self.base = Base(options.base, self.device)
        self.cells: dict[tuple[str, int, int], tuple[Cell, Path]] = {}

    def cell(self, unit: Unit) -> tuple[Cell, Path]:
        """The items, and the folder that their pictures lie in."""
        own, place = self.options, unit[:1] + unit[2:4]
        if place not in self.cells:
            data, seed, fold = place
            root = picture_root(data, own.data_root or Path(), own.cache, seed=seed, development=own.development)
            self.cells[place] = (
                make_cell(
                    data,
                    root,
                    seed=seed,
                    fold=fold,
                    folds=own.folds,
                    train=own.train,
                    test=own.test,
                    development=own.development,
                ),
                root,
            )
        return self.cells[place]

    def key(self, unit: Unit) -> dict[str, Any]:
        """Everything that a result follows from but device and code, whose changes need an arm or a file of their own.

        Raises:
            InputError: there are fewer pictures to train on than a batch takes.
        """
        (cell, _), data = self.cell(unit), unit.data
        if len(cell.train) < BATCH:
            raise InputError(f"{data}: {len(cell.train)} pictures to train on are less than a batch of {BATCH}; take more")
        settings = asdict(unit.arm) | {"projector": in_full(unit.arm.projector), "layer": layer_of(unit.arm, unit.tower)}
        if not unit.arm.cells:  # rows that are older than this setting
            del settings["cells"]
        return {
            "data": data,
            "tower": unit.tower,
            "arm": settings.pop("name"),
            "seed": unit.seed,
            "fold": unit.fold,
            "folds": self.options.folds if data in FOLDED else 1,
            "development": self.options.development,
            "budget": self._budget(data),
            "train": len(cell.train),
            "test": len(cell.test),
            "steps": len(cell.train) * self.options.epochs // BATCH,
            "batch": BATCH,
            "rate": settings.pop("rate"),
            "base": Path(self.options.base).name,
            "settings": settings,
        }

    def _budget(self, data: str) -> str:
        # Folds differ in size, so that steps differ by a few between folds.
        passes = f"{self.options.epochs} pass" + "es" * (self.options.epochs > 1)
        return f"{self.options.train} faces, {passes}" if data == "fer2013" else passes

    def pictures(self, units: Iterable[Unit]) -> list[Pictures]:
        """What the encoders must have seen for these trainings, a file each."""
        wanted: dict[tuple[Path, str, int, Path], set[str]] = defaultdict(set)
        for unit in units:
            (cell, root), layer = self.cell(unit), layer_of(unit.arm, unit.tower)
            # FER2013's pictures and OASIS's are the same for all seeds and tasks.
            source = root.name if unit.data == "mini" else FOLDERS[unit.data]
            kept = self.options.cache / f"{source}-{unit.tower}{layer}.pt"
            wanted[kept, unit.tower, layer, root] |= {item.image for item in (*cell.train, *cell.test)}
        return [Pictures(*place, tuple(sorted(images))) for place, images in wanted.items()]

    def features(self, pictures: Pictures) -> dict[str, Tensor]:
        """Features of the pictures, computed where they are not kept yet."""
        return features_of(pictures.tower, pictures.layer, pictures.images, pictures.root, pictures.kept, self.device)

    def row(self, unit: Unit) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Run one training and tell how it went, and what the letters of its answers stand for."""
        key, (cell, _) = self.key(unit), self.cell(unit)
        features = self.features(*self.pictures([unit]))
        labels = [item.answer for item in cell.train]
        trained = None if unit.arm.cells else (self.base.model(unit.arm.template), self.base.words(labels))
        start = time.perf_counter()
        if trained is None:
            given, loss = fit_and_answer(cell, by_cells(features, unit.arm.cells))
        else:
            given, loss = run(
                unit.arm,
                cell,
                trained[0],
                features,
                trained[1],
                steps=key["steps"],
                seed=unit.seed,
                quiet=self.options.jobs > 1,
            )
        seconds = time.perf_counter() - start
        right, options = lettered(cell.test)
        answers = {item: own + letter(given[item], options) for item, own in right.items()}
        share = sum(pair[0] == pair[1] for pair in answers.values()) / len(answers)
        majority = Counter(right.values()).most_common(1)[0][1] / len(right)
        return {
            "key": key,
            "accuracy": share,
            "majority": majority,
            "loss": loss,
            "seconds": round(seconds, 1),
            "jobs": self.options.jobs,
            "threads": torch.get_num_threads(),
            "answers": answers,
            **made_on(self.device),
        }, options
