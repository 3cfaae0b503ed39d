"""Run folders: one run each, noted in `run.json`. What another run made is neither overwritten nor deleted unasked."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emobench_data.io.atomic import atomic_file, new_file
from emobench_data.io.errors import InputError

from .._home import ROOT
from ..checkpoints.folders import checkpoints, is_complete
from .defaults import run_name
from .fingerprint import difference
from .process import say
from .recipe import Recipe

RECORD = "run.json"
# What a run leaves in its folder: where one of these is, a run is, whether or not it left a record.
LEFT = (
    RECORD,
    "llava-emollm-*",
    "aligned",
    "trained.txt",
    "begun.txt",
    "results.json",
    "answers.jsonl",
    "evaluated.json",
    "inputs",
    "recipe.yaml",
    "tensorboard",
)
WRITTEN_FIRST = (RECORD, "recipe.yaml", "inputs")  # before a run makes anything that can be lost
WAIT = 10  # seconds that a killed training may take to be gone


@dataclass(frozen=True)
class Run:
    """A run's folder and what is to be noted of it."""

    folder: Path
    tune: str
    record: dict[str, Any]
    trained: bool  # whether a run of the same fingerprint has finished there
    rank: int = 0  # of the machine
    new: bool = field(default=False, compare=False)  # whether its record was made by this launcher

    @property
    def checkpoint(self) -> Path:
        """Where the host writes the model; its name holds the words that LLaVA's tools look for."""
        return self.folder / f"llava-emollm-{self.tune}"

    @property
    def inputs(self) -> Path:
        """Where this machine puts what it reads in a form of its own; the first takes another's files for none of a run."""
        return self.folder / (f"inputs-{self.rank}" if self.rank else "inputs")

    @property
    def aligned(self) -> Path:
        """The projector that word alignment makes."""
        return self.folder / "aligned" / "mm_projector.bin"

    def finished(self) -> None:
        """Note that training has ended."""
        _write(self.folder / RECORD, {**self.record, "state": "trained"})


def default_folder(asked: Recipe) -> Path:
    """Where a run goes whose RUN_DIR is not set, before it is numbered."""
    return ROOT / "runs" / run_name(asked)


def shown_folder(asked: Recipe) -> Path:
    """The folder that a dry run names."""
    return (asked.run_dir or default_folder(asked)).absolute()


def claim(asked: Recipe, recipe: Recipe, mark: Mapping[str, Any], ranks: int) -> Run:
    """The folder for a run: the one of a run that is the same, else one that is free; it is made, and noted whose it is.

    Args:
        asked: the settings as they were given, which name the folder.
        mark: the run's fingerprint.
        ranks: devices on all machines; the checkpoints of an unfinished run are of as many.

    Raises:
        InputError: RUN_DIR was given and holds another run, or cannot be written to.
    """
    record = {"state": "begun", "ranks": ranks, "fingerprint": mark, "settings": recipe.settings()}
    for folder in _places(asked):
        while True:
            made = _held(folder)
            if made is None:
                if _note(folder, record):
                    return Run(folder, recipe.tuned, record, trained=False, new=True)
                continue  # another launcher was faster
            differs = _differs(folder / f"llava-emollm-{recipe.tune}", made, record)
            if asked.resume == "never" and not differs:
                differs = "it is the same, and RESUME=never begins anew"
            if not differs:
                return Run(folder, recipe.tuned, record, trained=made["state"] == "trained")
            if not asked.overwrite or made["state"] == "unknown":
                break
            _spare(folder, recipe)
            say(f"OVERWRITE=1: deleting the run in {folder} ({differs})")
            _delete(folder)
        if asked.run_dir or asked.several_machines:
            way_out = "move away what lies there" if made["state"] == "unknown" else "let OVERWRITE=1 delete that run"
            raise InputError(f"RUN_DIR={folder} holds another run: {differs}; name another RUN_DIR, or {way_out}")
        say(f"{folder} holds another run: {differs}")
    raise AssertionError("places do not end")


@contextmanager
def noted_once_made(run: Run) -> Iterator[None]:
    """Take the notes of a new run back where it fails before it made anything: its folder is free again, its logs stay."""
    try:
        yield
    except BaseException:
        if run.new and not _leaves(run.folder, [pattern for pattern in LEFT if pattern not in WRITTEN_FIRST]):
            shutil.rmtree(run.inputs, ignore_errors=True)
            for name in ("recipe.yaml", RECORD):
                (run.folder / name).unlink(missing_ok=True)
        raise


def _leaves(folder: Path, patterns: Sequence[str]) -> bool:
    """Whether there is a file among what these patterns name; one that only held the folder is none."""
    found = (path for pattern in patterns for top in folder.glob(pattern) for path in (top, *top.rglob("*")))
    return any(path.name != ".lock" and not path.is_dir() for path in found)


def _places(asked: Recipe) -> Iterator[Path]:
    first = shown_folder(asked)
    yield first
    number = 2
    while True:
        yield first.with_name(f"{first.name}-{number}")
        number += 1


def _held(folder: Path) -> dict[str, Any] | None:
    """The record of the run in `folder`, None where there is no run; of one that left no record all is unknown."""
    if not _leaves(folder, LEFT):
        return None
    try:
        made = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {"state": made["state"], "ranks": made["ranks"], "fingerprint": dict(made["fingerprint"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"state": "unknown", "ranks": 0, "fingerprint": {}}


def _differs(checkpoint: Path, made: dict[str, Any], record: dict[str, Any]) -> str:
    if made["state"] == "unknown":
        return f"it has no {RECORD} that says from what it was made"
    now = json.loads(json.dumps(record["fingerprint"]))  # as it comes back from a file
    differs = difference(made["fingerprint"], now)
    # DeepSpeed's checkpoints hold a part for each rank.
    unfinished = made["state"] == "begun" and now.get("ZERO") and any(map(is_complete, checkpoints(checkpoint)))
    if not differs and unfinished and made["ranks"] != record["ranks"]:
        return f"it was stopped on {made['ranks']} ranks and goes on with as many, now {record['ranks']} (GPUS, NODES)"
    return differs


def _note(folder: Path, record: dict[str, Any]) -> bool:
    """Write the record where there is none; False if one has come there meanwhile."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return new_file(folder / RECORD, json.dumps(record, indent=1).encode())
    except OSError as error:
        raise InputError(f"RUN_DIR={folder} cannot be written to ({error.strerror}); name another") from error


def _write(file: Path, record: Mapping[str, Any]) -> None:
    with atomic_file(file) as opened:
        opened.write(json.dumps(record, indent=1).encode())


def _delete(folder: Path) -> None:
    """Delete what a run left, and nothing else that lies in its folder. The record goes last."""
    for path in _left_in(folder):
        wait_for_writer(path)
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _left_in(folder: Path) -> list[Path]:
    return [path for pattern in reversed(LEFT) for path in sorted(folder.glob(pattern))]


def _spare(folder: Path, recipe: Recipe) -> None:
    """Raise `InputError` where the run is to begin from, or to read, what would be deleted for it."""
    deleted = {path.resolve() for path in _left_in(folder)}
    for name, value in recipe.settings().items():
        read = Path(value).resolve() if isinstance(value, str) and "\0" not in value else None
        if read and deleted & {read, *read.parents}:
            raise InputError(f"OVERWRITE=1 would delete {name}={value}, which the new run reads; name another RUN_DIR")


def wait_for_writer(checkpoint: Path) -> None:
    """Wait a moment for a training that is being ended; raises `InputError` if one goes on."""
    lock = checkpoint / ".lock"
    if not lock.is_file():
        return
    end = time.monotonic() + WAIT
    with open(lock, "a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    raise InputError(
                        f"another training, perhaps left over from a killed launcher, writes to {checkpoint}; wait for it "
                        "or end it"
                    ) from None
                time.sleep(0.2)


def set_aside(folder: Path, names: tuple[str, ...]) -> None:
    """Give files of an earlier evaluation a number of their own, before others come under their names."""
    there = [folder / name for name in names if (folder / name).exists()]
    number = 1
    while any(_numbered(path, number).exists() for path in there):
        number += 1
    for path in there:
        path.rename(_numbered(path, number))
    if there:
        say(f"an earlier evaluation's files are kept as {', '.join(_numbered(path, number).name for path in there)}")


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
