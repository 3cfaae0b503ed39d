"""The benchmark as a Hugging Face dataset whose columns hold pictures, clips and sounds, not only their paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..io.errors import InputError
from ..io.llava_files import line_place, read_lines
from ..media.examine import is_there, leads_out
from ..schema.medium import path_fault
from .table import COLUMNS, LISTS, SPLIT_FILES

if TYPE_CHECKING:
    from datasets import DatasetDict, Features

KINDS = ("image", "video", "audio")


def features() -> Features:
    """The columns: those of `table.row`, and one for each kind of medium, None where a row has none of that."""
    from datasets import Audio, Features, Image, Video

    return Features({**_stored(), "image": Image(), "video": Video(), "audio": Audio()})


def _stored() -> Features:
    """The same as they are stored, which needs no decoder of sound or clips."""
    from datasets import Features, List, Value

    columns: dict[str, Any] = {name: Value("string") for name in COLUMNS}
    columns |= {name: List(Value("string")) for name in LISTS}
    return Features({**columns, **{kind: {"bytes": Value("binary"), "path": Value("string")} for kind in KINDS}})


def as_dataset(folder: Path, media_root: Path) -> DatasetDict:
    """The splits of the benchmark in `folder`; a medium is opened when its row is read.

    Raises:
        InputError: `datasets` is not installed, the folder holds no benchmark, or a medium is not below `media_root`.
    """
    try:
        from datasets import Dataset, DatasetDict
    except ImportError as error:
        raise InputError("hf-dataset needs the package datasets; run: pip install datasets") from error
    files = {Path(name).stem: folder / name for name in SPLIT_FILES.values() if (folder / name).is_file()}
    if not files:
        raise InputError(f"{folder}: holds none of {', '.join(SPLIT_FILES.values())}; give the folder that build wrote")
    rows = {split: list(_rows(path, media_root.resolve())) for split, path in files.items()}
    return DatasetDict({split: Dataset.from_list(own, features=_stored()).cast(features()) for split, own in rows.items()})


def write_dataset(folder: Path, media_root: Path, out: Path) -> dict[str, int]:
    """Write `as_dataset` to the new folder `out` for `load_from_disk`, media within; split -> rows.

    Raises:
        InputError: as `as_dataset`, or `out` is there already.
    """
    if out.exists():
        raise InputError(f"{out}: is there already; name a new folder")
    found = as_dataset(folder, media_root)
    found.save_to_disk(out)
    return {split: len(own) for split, own in found.items()}


def _rows(path: Path, root: Path) -> Iterator[Mapping[str, Any]]:
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
