"""The benchmark as a Hugging Face dataset whose columns hold pictures, clips and sounds, not only their paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from ..media.examine import is_there, leads_out
from ..schema.medium import path_fault
from .table import COLUMNS, LISTS, SPLIT_FILES

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features

KINDS = ("image", "video", "audio")
Row = dict[str, Any]


def features() -> Features:
    """The columns: those of `table.row`, and one for each kind of medium, None where a row has none of that."""
    from datasets import Audio, Features, Image, Video

    return Features({**_stored(), "image": Image(), "video": Video(), "audio": Audio()})


def _stored() -> Features:
    """The same as they are stored, which needs no decoder of sound or clips."""
    from datasets import Features, Sequence, Value

    columns: dict[str, Any] = {name: Value("string") for name in COLUMNS}
    columns |= {name: Sequence(Value("string")) for name in LISTS}
    return Features({**columns, **{kind: {"bytes": Value("binary"), "path": Value("string")} for kind in KINDS}})


def as_dataset(folder: Path, media_root: Path) -> DatasetDict:
    """The splits of the benchmark in `folder`; a medium is opened when its row is read.

    Raises:
        InputError: `datasets` is not installed, the folder holds no benchmark, or a medium is not below `media_root`.
    """
    return _made(folder, media_root, lambda rows: _library().Dataset.from_list(rows, features=_stored()))


def write_dataset(folder: Path, media_root: Path, out: Path) -> dict[str, int]:
    """Write `as_dataset` to the new folder `out` for `load_from_disk`, media within; split -> rows.

    Raises:
        InputError: as `as_dataset`, or `out` is there already.
    """
    if out.exists():
        raise InputError(f"{out}: is there already; name a new folder")
    with TemporaryDirectory() as cache:

        def within(rows: list[Row]) -> Dataset:
            _check_files(rows)
            kept = {"features": _stored(), "cache_dir": cache}
            return _library().Dataset.from_generator(_with_content, gen_kwargs={"rows": rows}, **kept)

        found = _made(folder, media_root, within)
        found.save_to_disk(out)
        return {split: len(own) for split, own in found.items()}


def _library() -> ModuleType:
    try:
        import datasets
    except ImportError as error:
        raise InputError("hf-dataset needs the package datasets; run: pip install datasets") from error
    return datasets


def _made(folder: Path, media_root: Path, make: Callable[[list[Row]], Dataset]) -> DatasetDict:
    files = {Path(name).stem: folder / name for name in SPLIT_FILES.values() if (folder / name).is_file()}
    if not files:
        raise InputError(f"{folder}: holds none of {', '.join(SPLIT_FILES.values())}; give the folder that build wrote")
    rows = {split: list(_rows(path, media_root.resolve())) for split, path in files.items()}
    return _library().DatasetDict({split: make(own).cast(features()) for split, own in rows.items()})


def _check_files(rows: list[Row]) -> None:
    for path in (Path(row[kind]["path"]) for row in rows for kind in KINDS if row[kind]):
        if path.is_dir():
            raise InputError(f"{path}: a clip as a folder of frames, which cannot be put within; build with storyboards")


def _with_content(rows: list[Row]) -> Iterator[Row]:
    """The rows with what their media's files hold, under these files' names."""
    for row in rows:
        files = {kind: Path(row[kind]["path"]) for kind in KINDS if row[kind]}
        yield {**row, **{kind: {"bytes": file.read_bytes(), "path": file.name} for kind, file in files.items()}}


def _rows(path: Path, root: Path) -> Iterator[Row]:
    for number, row in read_lines(path):
        kinds = [] if row["modality"] == "text" else row["modality"].split("+")
        media: dict[str, dict[str, str | None] | None] = dict.fromkeys(KINDS)
        for kind, name in zip(kinds, row["media"].split("\n")):
            if kind not in KINDS:
                known = ", ".join(KINDS)
                raise InputError(f"{line_place(path, number)}: {kind} is none of {known}, which datasets can hold")
            file = root / name
            if path_fault(name) or leads_out(file, root) or not is_there(file):
                raise InputError(f"{line_place(path, number)}: no {name} below {root}; name the media's folder by --media-root")
            media[kind] = {"bytes": None, "path": str(file)}
        yield {**row, **media}
