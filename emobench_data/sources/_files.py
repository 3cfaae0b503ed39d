"""Reading annotation files that may be old, odd or hostile: text, tables, JSON, pickles, MATLAB and Python literals.

Text is UTF-8, with or without a byte order mark, or UTF-16 with one; bytes that are not UTF-8 are read as latin-1, one by
one, so that a file of mixed origin still gives every row. Line ends may be LF, CR LF or CR alone.
"""

from __future__ import annotations

import ast
import codecs
import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from ..io.errors import InputError
from ..io.not_json import UTF_16, what_it_is

if TYPE_CHECKING:
    from . import Skips

LITERAL_LIMIT = 100_000
_LATIN_1 = "emobench-latin-1"


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN_1, _as_latin_1)


def _shown(reason: object) -> str:
    """A reason that may quote a foreign file, as a short line that a terminal can show."""
    flat = " ".join(str(reason).split())[:200]
    return "".join(char if char.isprintable() else "?" for char in flat)


def open_text(path: Path) -> io.TextIOWrapper:
    """Open `path` for reading line by line, whatever its encoding and line ends.

    Raises:
        InputError: it is missing, empty, unreadable, or no plain file.
    """
    file = _open(path)
    if file.peek(2).startswith(UTF_16):
        return io.TextIOWrapper(file, encoding="utf-16", errors="replace")
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors=_LATIN_1)


def _open(path: Path) -> io.BufferedReader:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; download it again")
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _load(path: Path) -> bytes:
    with _open(path) as file:
        return file.read()


def read_table(
    path: Path, columns: Sequence[str], skips: Skips, *, delimiter: str = ",", quoting: Literal[0, 1, 2, 3] = csv.QUOTE_MINIMAL
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield `(place, row)` of a CSV or TSV file with a header line; `place` is the file's name and the line.

    Rows that are cut off, or longer than the header, go to `skips`.

    Raises:
        InputError: no such file, a column of `columns` is missing, or the table cannot be parsed.
    """
    with open_text(path) as lines:
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
        try:
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in columns if name not in header]
            if missing:
                raise InputError(f"{path}: no column {', '.join(missing)}; found: {_shown(', '.join(header))}")
            width = len(header)
            for cells in reader:
                if len(cells) == width or (len(cells) > width and not any(cells[width:])):
                    yield f"{path.name}:{reader.line_num}", dict(zip(header, cells))
                elif cells:
                    skips.add(f"{path.name}:{reader.line_num}", "row does not have as many fields as the header")
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: not a valid table ({_shown(error)})") from error


def read_json(path: Path) -> Any:
    """Read a JSON file; NaN and infinity become None, lone surrogates become `?`.

    Raises:
        InputError: no such file, or not JSON (a cut-off download, for instance).
    """
    return parse_json(_load(path), str(path))


def read_jsonl(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield `(place, value)` of a file with one JSON value a line, read as in `read_json`; blank lines do not count.

    Raises:
        InputError: no such file, or a line is not JSON.
    """
    with open_text(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.isspace():
                yield f"{path.name}:{number}", parse_json(line, f"{path}, line {number}", lines=True)


def read_json_if_there(path: str) -> Any:
    """As `read_json`, or None where there is no such file; for small files by the hundred thousand."""
    try:
        with open(path, "rb", buffering=0) as file:
            return parse_json(file.read(), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def parse_json(data: bytes | str, place: str, *, lines: bool = False) -> Any:
    """Parse JSON as `read_json` does; `place` stands in the `InputError` where it is none.

    Args:
        lines: `data` is one of JSON lines.
    """
    if isinstance(data, bytes):
        data = data.decode("utf-16", "replace") if data.startswith(UTF_16) else data.removeprefix(codecs.BOM_UTF8)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass  # it may still be JSON as Python's own library writes it (NaN, lone surrogates), or latin-1
    if isinstance(data, bytes):
        data = codecs.decode(data, "utf-8", _LATIN_1)
    try:
        value = json.loads(data, parse_constant=lambda _: None)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        what = what_it_is(data.encode("utf-8", "replace"), error, lines=lines).replace("write it again", "download it again")
        raise InputError(f"{place}: {_shown(what)}") from error


def read_literal(text: str) -> Any:
    """The value of a Python literal such as `['a', 1]`, at most `LITERAL_LIMIT` characters long; nothing is executed.

    Raises:
        ValueError: it is too long or no literal.
    """
    if len(text) > LITERAL_LIMIT:
        raise ValueError(f"longer than {LITERAL_LIMIT} characters")
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("not a Python literal") from error


def read_pickle(path: Path) -> Any:
    """Read a pickle of plain containers, numbers, strings and numpy arrays, of any age; arrays become nested lists.

    Raises:
        InputError: no such file, cut off, or it names anything else, such as code to run.
    """
    from . import _pickle

    with _open(path) as file:
        try:
            return _pickle.load(file)
        except Exception as error:  # foreign bytes can make an unpickler raise anything
            raise InputError(f"{path}: not a pickle of plain data ({_shown(error)})") from error


def read_mat(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Those of the variables `names` that a MATLAB file has: cells, structs and matrices as flat lists.

    Raises:
        InputError: no such file, not a MATLAB file, or scipy is not installed.
    """
    _open(path).close()
    if find_spec("scipy") is None:
        raise InputError(f"{path}: reading MATLAB files needs scipy; pip install scipy")
    command = [sys.executable, "-m", f"{__package__}._mat", str(path.resolve()), *names]
    done = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], check=False)
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it crashes the reader"
        raise InputError(f"{path}: not a valid MATLAB file ({_shown(reason)}); download it again")
    return parse_json(done.stdout, str(path))


def read_parquet(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file, of `columns` alone; `a.b` is the part `b` of the column `a`.

    Raises:
        InputError: no such file, a column is missing, it is no Parquet file, or pyarrow is not installed.
    """
    _open(path).close()
    if find_spec("pyarrow") is None:
        raise InputError(f"{path}: reading Parquet files needs pyarrow; run: pip install 'emollm-llava[parquet]'")
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as table:
            known = [table.schema.column(number).path for number in range(len(table.schema))]
            if missing := [name for name in columns if not any(f"{own}.".startswith(f"{name}.") for own in known)]:
                raise InputError(f"{path}: no column {', '.join(missing)}; found: {_shown(', '.join(known))}")
            for batch in table.iter_batches(64, columns=list(columns)):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a valid Parquet file ({_shown(error)}); download it again") from error


def first_folder(root: Path, *names: str) -> str:
    """The first of `names` that is a folder below `root`, else the first name: archives unpack in several ways."""
    return next((name for name in names if (root / name).is_dir()), names[0])


def first_file(root: Path, *names: str) -> Path | None:
    """The first of `names` that exists below `root`, or None."""
    return next((root / name for name in names if (root / name).exists()), None)
