"""The trials, the choice of rates, and the reading; each training adds its row when it is done."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from emobench_data.io.errors import InputError
from emollm_plugin.attach import register
from emollm_plugin.evaluation.device import pick_device

from ..quality.data import Cell, Item
from ..quality.letters import letter, lettered
from ..quality.logistic import fit_and_answer
from ..quality.workers import workers
from ..shared.base import Base
from ..shared.features import features_of, sound_features_of
from ..shared.fit import fit, likeliest
from ..shared.language import LORA
from ..shared.loop import BATCH
from ..shared.machine import made_on
from ..shared.rows import Row, append_row, is_done, read_rows
from .arms import ARMS, EQUAL_TIME, FULL, PLAIN_HOST, RATES, REGRESSION, TWO_STAGES, Arm, Rates
from .senses import ALIGNMENT, Pictures, Sense, Voices
from .sets import SETS, Set, chooser, place_of

logger = logging.getLogger(__name__)
PROTOCOL = 1
FORMAT = torch.bfloat16  # of the frozen language model; projector, adapter and alignment are in float32
FIRST_STAGE = 1e-3  # the rate at which LLaVA pretrains a projector
ADAPTER = LORA | {"lora_dropout": 0.0}  # dropout costs two fifths of the time


class Unit(NamedTuple):
    """One training: a trial where `trial`, else of the reading; logistic regression has no rates."""

    data: str
    arm: Arm
    seed: int
    rates: Rates | None
    trial: bool = False


Key = Callable[[Unit], dict[str, Any]]  # of the row that a unit makes, see `Bench.key`


def run_all(options: argparse.Namespace, wanted: dict[str, tuple[Arm, ...]]) -> None:
    """Run the trials and then the reading, as far as rows lack.

    Args:
        wanted: data set -> its arms.

    Raises:
        InputError: data or the base model are missing.
    """
    register()
    bench, seeds = Bench(options), range(options.seeds)
    with workers(options.jobs, partial(_worker, options), bench) as each:
        _run(bench, each, trials(wanted, seeds), "trials")
        if not options.trials_only:
            for beside, what in ((False, "the reading"), (True, "beside it")):
                own = {name: tuple(arm for arm in arms if bool(arm.beside) is beside) for name, arms in wanted.items()}
                _run(bench, each, readings(own, seeds, read_rows(options.rows), bench.key), what)


def trials(wanted: dict[str, tuple[Arm, ...]], seeds: Iterable[int]) -> Iterator[Unit]:
    """Every pair of rates for every arm at each place where there is a choice to make."""
    for name, arms in wanted.items():
        data = chooser(SETS[name])
        if data.trial is None:
            continue
        for place in dict.fromkeys(place_of(data, seed) for seed in seeds):
            for arm in arms:
                if arm.kind != REGRESSION and not arm.beside:
                    yield from (Unit(data.name, arm, place, rates, trial=True) for rates in RATES)


def readings(wanted: dict[str, tuple[Arm, ...]], seeds: Iterable[int], rows: list[Row], key: Key) -> Iterator[Unit]:
    """All arms of a seed before the next seed, each with the rates that its trials chose, of those that have the `key`."""
    for seed in seeds:
        for name, arms in wanted.items():
            for arm in arms:
                yield Unit(name, arm, seed, None if arm.kind == REGRESSION else chosen_rates(name, arm, seed, rows, key))


def chosen_rates(name: str, arm: Arm, seed: int, rows: list[Row], key: Key) -> Rates:
    """The pair with the best accuracy in the trials, of equal ones that with the lower loss; the first without trials.

    Raises:
        InputError: a trial is missing.
    """
    data = chooser(SETS[name])
    if data.trial is None:
        return RATES[0]
    tried = ARMS[PLAIN_HOST] if arm.beside else arm
    keys = {rates: key(Unit(data.name, tried, place_of(data, seed), rates, trial=True)) for rates in RATES}
    own = {rates: row for rates, wanted in keys.items() for row in rows if row["key"] == wanted}
    missing = [rates for rates in RATES if rates not in own]
    if missing:
        raise InputError(
            f"{data.name}, {arm.name}: no trial with rates {tuple(missing[0])} under these conditions; run the trials"
        )
    return max(RATES, key=lambda rates: (own[rates]["accuracy"], -own[rates]["loss"]))


def _run(bench: Bench, each: Any, units: Iterable[Unit], what: str) -> None:
    done = read_rows(bench.options.rows)
    lacking = [unit for unit in dict.fromkeys(units) if not is_done(done, bench.key(unit))]
    for name in dict.fromkeys(unit.data for unit in lacking):
        bench.sense(name)  # encoded once, and kept for the workers
    for row, options in tqdm(each(Bench.row, lacking), total=len(lacking), desc=what, mininterval=5, disable=None):
        append_row(bench.options.rows, row, options)
        key = row["key"]
        logger.info(
            "%s %s seed %d: accuracy %.3f, %.0f s", key["data"], key["arm"], key["seed"], row["accuracy"], row["seconds"]
        )


def _processor(rows: list[Row], unit: Unit, arm: str) -> float:
    """Processor seconds of an arm at the place of `unit` in the reading; raises `InputError` where it has no row."""
    for row in rows:
        key = row["key"]
        if (key["data"], key["arm"], key["seed"], key["development"]) == (unit.data, arm, unit.seed, False):
            return row["processor"]
    raise InputError(f"{unit.data}, {arm}, seed {unit.seed}: was not read yet, and says how long {unit.arm.name} may take")


def _worker(options: argparse.Namespace) -> Bench:
    torch.set_num_threads(1)
    register()
    return Bench(options)


class Bench:
    """What trainings share, each loaded once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device = options, torch.device(pick_device(options.device))
        if self.device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TF32
        self.base, self.made_on = Base(options.base, self.device, FORMAT), made_on(self.device)
        self.cell, self.sense = cache(self._cell), cache(self._sense)

    def key(self, unit: Unit) -> dict[str, Any]:
        """Everything that a row follows from but the code."""
        data, cell = SETS[unit.data], self.cell(unit.data, unit.seed, unit.trial)
        recipe = {name: getattr(data, name) for name in ("tower", "layer", "alignment", "residual")}
        return {
            "protocol": PROTOCOL,
            "data": unit.data,
            "arm": unit.arm.name,
            "seed": unit.seed,
            "development": unit.trial,
            "rates": list(unit.rates) if unit.rates else None,
            "train": len(cell.train),
            "test": len(cell.test),
            "steps": self._steps(unit, cell),
            "batch": BATCH,
            "base": Path(self.options.base).name,
            "settings": {
                "kind": unit.arm.kind,
                "template": unit.arm.template,
                "adapter": ADAPTER,
                "format": str(FORMAT),
                **recipe,
            },
            **self.made_on,
        }

    def row(self, unit: Unit) -> tuple[Row, tuple[str, ...]]:
        """One training, and what the letters of its answers stand for."""
        cell, start = self.cell(unit.data, unit.seed, unit.trial), time.perf_counter()
        worked = time.process_time()
        given, loss = self._given(unit, cell)
        right, options = lettered(cell.test)
        answers = {item: own + letter(given[item], options) for item, own in right.items()}
        return {
            "key": self.key(unit),
            "accuracy": sum(pair[0] == pair[1] for pair in answers.values()) / len(answers),
            "loss": loss,
            "seconds": round(time.perf_counter() - start, 1),
            "processor": round(time.process_time() - worked, 1),
            "threads": torch.get_num_threads(),
            "answers": answers,
        }, options

    def _given(self, unit: Unit, cell: Cell) -> tuple[dict[str, str], float]:
        data, sense = SETS[unit.data], self.sense(unit.data)
        if unit.rates is None:
            return fit_and_answer(cell, sense.flat())
        model = self.base.model(unit.arm.template)
        words = self.base.words([item.answer for item in cell.train])
        projector = sense.build(unit.arm.kind, model.width, unit.seed)

        def tokens(items: list[Item]) -> Any:
            return sense.tokens(projector, items)

        both: dict[str, Any] = {"seed": unit.seed, "quiet": True}
        if unit.arm.beside == TWO_STAGES:
            looks = data.alignment * ALIGNMENT["batch"] // BATCH
            fit(model, tokens, projector, cell.train, rate=FIRST_STAGE, adapter_rate=0.0, steps=looks, **both)
        else:
            sense.align(projector, cell.train, words, steps=data.alignment, residual=data.residual, seed=unit.seed)
        how = {"rate": unit.rates.projector, "adapter_rate": unit.rates.adapter, "steps": self._steps(unit, cell), **both}
        with model.adapted(unit.seed, ADAPTER):
            loss = fit(model, tokens, projector, cell.train, **how)
            return likeliest(model, tokens, cell.test, quiet=True), loss

    def _steps(self, unit: Unit, cell: Cell) -> int:
        steps = SETS[unit.data].steps or len(cell.train) // BATCH
        if unit.arm.beside != EQUAL_TIME:
            return steps
        took = {arm: _processor(read_rows(self.options.rows), unit, arm) for arm in (FULL, PLAIN_HOST)}
        return max(1, round(steps * took[FULL] / took[PLAIN_HOST]))

    def _cell(self, name: str, seed: int, trial: bool) -> Cell:
        data = SETS[name]
        make = data.trial if trial else data.reading
        assert make is not None  # a set without trials is asked for none
        cell = make(self._root(data), seed)
        if not (cell.train and cell.test):
            raise InputError(f"data set {name}: no item to train on or to ask about in {self._root(data)}; get it whole")
        return cell

    def _root(self, data: Set) -> Path:
        folder = self.options.data_root / data.folder
        if not folder.is_dir():
            raise InputError(f"data set {data.name}: no folder {folder}; give the folder that holds it with --data-root")
        return folder

    def _sense(self, name: str) -> Sense:
        data = SETS[name]
        cells = [self.cell(name, seed, False) for seed in range(self.options.seeds)]
        if data.trial is not None:
            cells += [self.cell(name, place, True) for place in {place_of(data, seed) for seed in range(self.options.seeds)}]
        media = sorted({item.image for cell in cells for item in (*cell.train, *cell.test)})
        kept, root = self.options.cache / f"{data.folder}-{data.tower}{data.layer}.pt", self._root(data)
        if data.sense == "voices":
            config = SimpleNamespace(
                mm_audio_tower=data.tower, mm_audio_select_layer=data.layer, mm_audio_projector_type="mlp2x_gelu"
            )
            return Voices(sound_features_of(config, media, root, kept, self.device), self.device)
        return Pictures(features_of(data.tower, data.layer, media, root, kept, self.device), self.device)
