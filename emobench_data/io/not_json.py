"""What a file is that stands where JSON is wanted and is none: the cause that a message names must be the true one."""

from __future__ import annotations

import codecs

import orjson

from .sniff import EMPTY, TEXT, content_in

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE = "save it as UTF-8"


def what_it_is(data: bytes, error: Exception, *, lines: bool = False) -> str:
    """Such as `UTF-16 text; save it as UTF-8`: what a file is whose JSON cannot be read, and the way out.

    Args:
        data: the file, or how it begins, or the line at fault.
        error: what reading it said.
        lines: JSON lines are wanted, an object each, not one JSON value.
    """
    start = data.lstrip()[:1]
    if _is_utf_16(data[:512]):
        return f"UTF-16 text; {_SAVE}"
    if not start:
        return "an empty file; write it again"
    if data.startswith(b"PAR1"):
        return "a Parquet table; write it as JSON"
    content = content_in(data[:512])
    if content not in (None, EMPTY, TEXT):
        return f"{content.name}, not JSON; {content.way_out or 'name the right file'}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.end < len(data) or fault.reason != "unexpected end of data":  # else it is cut off
            return f"not UTF-8 but an older encoding, such as Latin-1 (byte 0x{data[fault.start]:02x}); {_SAVE}"
    return _shape(data, start, lines) or f"not valid JSON ({error}); it may be cut off, write it again"


def _is_utf_16(head: bytes) -> bool:
    """Whether it says so, or every second byte is a zero, as in that of plain letters."""
    halves = head[::2], head[1::2]
    return head.startswith(UTF_16) or any(
        one.count(0) > 0.9 * len(one) and not other.count(0) for one, other in (halves, halves[::-1]) if one and other
    )


def _shape(data: bytes, start: bytes, lines: bool) -> str:
    """What text of the right encoding is in place of the JSON that is wanted; empty where it is that, but broken."""
    first = data.lstrip().split(b"\n", 1)[0].rstrip()
    if lines:
        return "one JSON list; JSON lines are wanted, an object a line" if start == b"[" else _table(first)
    if _is_object(first) and first != data.strip():
        return "JSON lines, an object each; one JSON list is wanted: put them between [ and ], with commas"
    return _table(first)


def _table(first: bytes) -> str:
    if first[:1] in b'[{"':
        return ""
    kind = next((name for mark, name in ((b"\t", "TSV"), (b",", "CSV")) if mark in first), "")
    return f"a {kind} table ({first[:60].decode('utf-8', 'replace').strip()}); write it as JSON" if kind else ""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
