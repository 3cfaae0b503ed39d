"""Which data sets make up a benchmark, how much of each, and how it is split: read from a YAML file (our design)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ..io.errors import InputError
from ..rationale.choose import MODES, read_rationales
from ..schema.records import SPLITS, path_fault
from ..schema.tasks import FORMS, known_tasks
from ..sources import Source, get_source

PRESETS = ("default", "small", "aeb", "support", "mer", "sound")
VIDEOS = ("storyboards", "clips")  # how a clip is written
# Keys of a source; those of the second line may also stand at the top, for all sources that do not say otherwise.
_SHARED = ("weight", "cap", "balance", "test", "val")
_PART_KEYS = ("folder", "tasks", *_SHARED, "fold", "hold_out")
_CHOICES = {
    "missing": ("error", "skip"),
    "near_duplicates": ("drop", "keep"),
    "videos": VIDEOS,
    "rationale": MODES,
    "form": FORMS,
}
_FAULTY = {"error": 0.0, "skip": 1.0}  # words for a share
_TOP_KEYS = ("data_root", "seed", "shuffle", "faulty", *_CHOICES, "rationales", "reasoned", *_SHARED, "sources")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One data set's part of the benchmark.

    Args:
        source: the data set.
        folder: where it lies, relative to the data root; media are named with it in front.
        tasks: the sub-tasks it feeds.
        weight: how often each training record stands in the training file; a fraction goes to records drawn by seed.
        cap: split -> the most records a sub-task may have there.
        balance: the splits in which each label of a sub-task is as frequent as its rarest one.
        test, val: shares of the records without an official split.
        fold, hold_out: what is tested on instead, see `splits.Held`.
    """

    source: Source
    folder: str
    tasks: tuple[str, ...]
    weight: float = 1.0
    cap: Mapping[str, int]
    balance: tuple[str, ...] = ()
    test: float = 0.1
    val: float = 0.05
    fold: int | None = None
    hold_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Composition:
    """A benchmark as its YAML file describes it.

    Args:
        data_root: the folder that holds the data sets; LLaVA's image folder.
        seed: another seed gives other splits and draws.
        shuffle: another number gives another order of the training file; None leaves the data sets' own.
        missing: `error`, or `skip` to go without the data sets that are not there.
        faulty: the share of a data set's media that may be missing or broken, whose records are then left out: `error`
            (none), `skip` (any), or a number.
        near_duplicates: `drop` training pictures that are nearly the same as one that is asked about, where media are
            opened, or `keep` them.
        videos: `storyboards` (a picture of four frames stands for a clip, for LLaVA 1.5) or `clips`.
        rationale, rationales: which records train with a rationale, and with which (record id -> rationale) where they
            are not made by rule; see `rationale.choose`.
        form: `direct`, or `guided` or `steps` for questions that ask for reasons first.
        reasoned: the sub-tasks that this is for, None for all; the others are asked for the answer alone.
        parts: in the file's order.
    """

    data_root: Path
    seed: int = 0
    shuffle: int | None = 0
    missing: str = "error"
    faulty: float = 0.0
    near_duplicates: str = "drop"
    videos: str = "storyboards"
    rationale: str = "none"
    rationales: Mapping[str, str] | None = None
    form: str = "direct"
    reasoned: tuple[str, ...] | None = None
    parts: tuple[Part, ...]

    def as_config(self) -> dict[str, Any]:
        """All settings, defaults filled in, without the data root: the same for whoever builds the same thing."""
        parts = {
            part.source.name: {
                key: list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
                for key in _PART_KEYS
                for value in (getattr(part, key),)
            }
            for part in self.parts
        }
        given: dict[str, Any] = {} if self.rationales is None else {"rationales": len(self.rationales)}
        given |= {"reasoned": None if self.reasoned is None else list(self.reasoned)}
        return {key: getattr(self, key) for key in ("seed", "shuffle", "faulty", *_CHOICES)} | given | {"sources": parts}


class _Loader(yaml.SafeLoader):
    """YAML without executable tags that refuses a key given twice, of which the first would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load_composition(config: str, *, data_root: Path | None = None, skip_missing: bool = False) -> Composition:
    """Read a preset by its name, or a YAML file by its path.

    Args:
        data_root: takes the place of the file's `data_root`, which is relative to the file.
        skip_missing: takes the place of the file's `missing`.

    Raises:
        InputError: the file cannot be read, is not valid, or names an unknown key, data set or sub-task.
    """
    text, base = _read(config)
    try:
        content = yaml.load(text, _Loader)  # a safe loader, see above
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{config}: not valid YAML ({' '.join(str(error).split())[:200]})") from error
    top = _mapping(content, _TOP_KEYS, config)
    if data_root is None:
        if base is None and "data_root" not in top:
            raise InputError(f"{config}: a preset does not know where the data sets lie; name the folder: --data-root")
        data_root = (base or Path()) / _string(top.get("data_root", "."), f"{config}: data_root")
    sources = top.get("sources")
    if not isinstance(sources, dict) or not sources:
        raise InputError(f"{config}: no data sets; expected 'sources:' with one data set or more")
    shared = {key: top[key] for key in _SHARED if key in top}
    rationales = top.get("rationales")
    if rationales is not None:
        rationales = read_rationales((base or Path()) / _string(rationales, f"{config}: rationales"))
    # Any: mypy cannot see which of the fields these are.
    chosen: dict[str, Any] = {
        key: _choice(top[key], known, f"{config}: {key}") for key, known in _CHOICES.items() if key in top
    }
    chosen |= {"missing": "skip"} if skip_missing else {}
    return Composition(
        rationales=rationales,
        reasoned=_listed(top["reasoned"], tuple(known_tasks()), f"{config}: reasoned") if "reasoned" in top else None,
        data_root=data_root,
        parts=tuple(_part(name, part, shared, config) for name, part in sources.items()),
        seed=_whole(top.get("seed", 0), f"{config}: seed"),
        shuffle=_whole(top.get("shuffle", 0), f"{config}: shuffle"),
        faulty=_faulty(top.get("faulty", "error"), f"{config}: faulty"),
        **chosen,
    )


def _read(config: str) -> tuple[str, Path | None]:
    """The text of `config`, and the folder of a file."""
    if config in PRESETS:
        return (files(__package__) / "presets" / f"{config}.yaml").read_text("utf-8"), None
    path = Path(config)
    try:
        return path.read_text("utf-8"), path.parent
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file in UTF-8; write the composition as YAML") from error
    except OSError as error:
        known = ", ".join(PRESETS)
        raise InputError(f"{path}: cannot be read ({error.strerror}); name a YAML file or a preset: {known}") from error


def _part(name: Any, content: Any, shared: Mapping[str, Any], config: str) -> Part:
    source = get_source(name if isinstance(name, str) else str(name))
    place = f"{config}: {name}"
    given = dict(shared) | _mapping({} if content is None else content, _PART_KEYS, place)
    folder = PurePosixPath(_string(given.get("folder", name), f"{place}: folder")).as_posix()
    fault = path_fault(folder)
    if fault:
        raise InputError(f"{place}: folder: {fault.replace('media root', 'data root').removeprefix('media ')}")
    tasks = _listed(given.get("tasks", list(source.usual)), source.tasks, f"{place}: tasks")
    if not tasks:
        raise InputError(f"{place}: tasks: none is listed; leave the data set out, or list some of: {', '.join(source.tasks)}")
    test, val = (_share(given.get(key, usual), f"{place}: {key}") for key, usual in (("test", 0.1), ("val", 0.05)))
    if test + val >= 1:
        raise InputError(f"{place}: test={test:g} and val={val:g} leave nothing to train on; lower them")
    return Part(
        source=source,
        folder=folder,
        tasks=tasks,
        cap=_cap(given.get("cap"), f"{place}: cap"),
        weight=_number(given.get("weight", 1), 0, 100, f"{place}: weight"),
        balance=_listed(given.get("balance", []), SPLITS, f"{place}: balance"),
        test=test,
        val=val,
        fold=None if given.get("fold") is None else _whole(given["fold"], f"{place}: fold"),
        hold_out=_groups(given.get("hold_out", []), f"{place}: hold_out"),
    )


def _mapping(content: Any, known: tuple[str, ...], place: str) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InputError(f"{place}: expected keys and values; known keys: {', '.join(known)}")
    for key in content:
        if key not in known:
            raise InputError(f"{place}: unknown key {key!r}; known: {', '.join(known)}")
    return content


def _listed(value: Any, known: tuple[str, ...], place: str) -> tuple[str, ...]:
    """`value`, a name or a list of names, in the order of `known`."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list):
        raise InputError(f"{place}: expected a list of: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise InputError(f"{place}: unknown {name!r}; known here: {', '.join(known)}")
    return tuple(name for name in known if name in names)


def _groups(value: Any, place: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{place}: expected a list of names of groups; put numbers in quotation marks")
    return tuple(names)


def _cap(value: Any, place: str) -> dict[str, int]:
    """One number counts for every split."""
    if value is None:
        return {}
    caps = _mapping(value, SPLITS, place) if isinstance(value, dict) else dict.fromkeys(SPLITS, value)
    return {split: _whole(caps[split], f"{place}: {split}") for split in SPLITS if split in caps}


def _choice(value: Any, known: tuple[str, ...], place: str) -> str:
    if value not in known:
        raise InputError(f"{place}: unknown {value!r}; known: {', '.join(known)}")
    return value


def _faulty(value: Any, place: str) -> float:
    if isinstance(value, str):
        return _FAULTY[_choice(value, tuple(_FAULTY), f"{place} (or a share, such as 0.02)")]
    return _share(value, place)


def _string(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{place}: expected a folder's name, not {value!r}; put it in quotation marks")
    return value


def _whole(value: Any, place: str) -> int:
    if type(value) is not int or value < 0:
        raise InputError(f"{place}: expected a whole number from 0, not {value!r}")
    return value


def _share(value: Any, place: str) -> float:
    return _number(value, 0, 1, place)


def _number(value: Any, low: float, high: float, place: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{place}: expected a number from {low:g} to {high:g}, not {value!r}")
    return float(value)
