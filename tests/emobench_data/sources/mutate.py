"""Damaging annotation files: random bytes, and values of any kind in the place of a good one."""

from __future__ import annotations

import csv
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

PIECES = (
    b"../../x",
    b"/etc/passwd",
    b"NaN",
    b"nan",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\x00",
    b"\\ud800",
    b'"',
    b"'",
    b"\xf0\x9f\x98\x80",
    b"9007199254740993.0",
    b"99999999999999999999",
    b"[[[[",
    b"}",
    b",",
    b"\t",
    b"\x1b[31m",
    b"",
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["../../x.jpg", "/etc/passwd", "C:\\x.jpg", "nan", "", "<image>", "\x00", "\x1b[31m", "1e400", "[1]"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)


def with_bytes(data: st.DataObject, content: bytes) -> bytes:
    """Put a random piece in the place of a few bytes somewhere."""
    piece = data.draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)))
    at, length = data.draw(st.integers(0, len(content))), data.draw(st.integers(0, 12))
    return content[:at] + piece + content[at + length :]


def swapped(data: st.DataObject, value: Any, new: Any) -> Any:
    """Put `new` in the place of one value somewhere in nested lists and dictionaries."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(list(value)))
        return {**value, key: swapped(data, value[key], new)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], swapped(data, value[at], new), *value[at + 1 :]]
    return new


def _json(data: st.DataObject, content: bytes) -> bytes:
    return orjson.dumps(swapped(data, orjson.loads(content), data.draw(VALUES)), option=orjson.OPT_NON_STR_KEYS)


def _jsonl(data: st.DataObject, content: bytes) -> bytes:
    rows = swapped(data, [orjson.loads(line) for line in content.splitlines()], data.draw(VALUES))
    return b"\n".join(map(orjson.dumps, rows if isinstance(rows, list) else [rows]))


def _pickle(data: st.DataObject, content: bytes) -> bytes:
    return pickle.dumps(swapped(data, pickle.loads(content), data.draw(VALUES)))  # the content is the test's own


def _table(delimiter: str) -> Callable[[st.DataObject, bytes], bytes]:
    def change(data: st.DataObject, content: bytes) -> bytes:
        rows = list(csv.reader(io.StringIO(content.decode()), delimiter=delimiter))
        changed = swapped(data, rows, data.draw(TEXTS.map(lambda text: text.encode("utf-8", "replace").decode())))
        rows = changed if isinstance(changed, list) else []
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(row if isinstance(row, list) else [row] for row in rows)
        return text.getvalue().encode()

    return change


_BY_ENDING = {".json": _json, ".jsonl": _jsonl, ".pkl": _pickle, ".csv": _table(","), ".tsv": _table("\t")}


def with_value(data: st.DataObject, path: Path, content: bytes) -> bytes:
    """Put a value of any kind in the place of one of the file's, where its form is known; else random bytes."""
    return _BY_ENDING.get(path.suffix, lambda data, content: with_bytes(data, content))(data, content)
