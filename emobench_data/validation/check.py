"""One pass over a file: every record's form, every medium, ids, leaks and lengths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..building.leakage import Entry, Key, find_leaks, worth_hashing
from ..io.errors import InputError, way_out_of
from ..io.llava_files import Readable, Rows, line_place, read_entries, read_training, readable
from ..io.shards import ShardedRecords
from ..media.check import MediaCache, MediaFile, check_all, digests, media_cache
from ..media.kinds import placeholders
from ..schema.medium import path_fault
from ..schema.parsing import normal
from ..schema.types import TYPES
from .faults import Fault, Report, quote
from .form import Read, read_record
from .length import VISUAL_TOKENS, Counter, length, token_counter

_NOUNS = {"id": "id", "medium": "medium", "content": "medium (another name, the same content)", "text": "text"}


def validate(
    file: Path | str | Iterable[Any],
    media_root: Path | str,
    *,
    questions: Path | str | Iterable[Mapping[str, Any]] | None = None,
    context: int | None = None,
    tokenizer: Path | None = None,
    visual_tokens: int = VISUAL_TOKENS,
    cache: Path | None = None,
) -> Report:
    """Check LLaVA's training JSON `file`, or the records that one would hold, whose media lie below `media_root`.

    Args:
        questions: a question JSONL, or what its lines would hold; what it asks about may not be trained on.
        context: the most tokens a record may have, media and text together.
        tokenizer: folder of a tokenizer to count with; else words are counted.
        visual_tokens: of one medium.
        cache: file that keeps which media were opened, so that a stopped check goes on.

    Raises:
        InputError: a file is missing or cannot be read at all, there is a tokenizer and no context, or a library that is
            needed is not installed.
    """
    media_root, source = Path(media_root), readable(file, "records")
    source = source if isinstance(source, Rows) else Path(source)
    if not media_root.is_dir():
        raise InputError(f"{media_root}: no such folder; name the folder that the paths in {source} begin from")
    records = read_training(source)
    if tokenizer is not None and context is None:
        raise InputError(f"a tokenizer ({tokenizer}) counts against a context; give --context too, or go without --tokenizer")
    if isinstance(records, ShardedRecords):
        records.verify()
    count = token_counter(tokenizer) if context is not None else None
    asked = [] if questions is None else _questions(readable(questions, "questions"))
    found: list[tuple[int, str, str]] = []  # record, kind, words
    reads: list[Read] = []
    for number, record in enumerate(records):
        read, faults = read_record(record)
        reads.append(read)
        found += ((number, *fault) for fault in faults)
        if count and context is not None:
            found += ((number, "context", words) for words in _too_long(read, count, context, visual_tokens))
    found += _ids(records)
    with media_cache(cache) as opened:
        found += _media(reads, media_root, opened)
        found += _leaks(records, reads, asked, media_root, opened) if asked else []
    found.sort(key=lambda fault: fault[0])
    return Report(
        source, len(records), tuple(Fault(kind, number + 1, _id(records[number]), words) for number, kind, words in found)
    )


def _too_long(read: Read, count: Counter, context: int, visual_tokens: int) -> Iterator[str]:
    tokens = length(read, count.count, visual_tokens)
    if tokens > context:
        how = f"{count.how}, {visual_tokens} for each medium"
        yield f"needs {tokens:,} tokens ({how}) and the context has {context:,}; shorten its text"


def _id(record: Any) -> str:
    return quote(record.get("id")) if isinstance(record, dict) else "unknown"


def _ids(records: Sequence[Any]) -> list[tuple[int, str, str]]:
    first: dict[str, int] = {}
    found = []
    for number, record in enumerate(records):
        value = record.get("id") if isinstance(record, dict) else None
        if isinstance(value, (str, int)) and first.setdefault(str(value), number) != number:
            found.append((number, "id", f"has the id of record {first[str(value)] + 1}; give each its own"))
    return found


def _media(reads: list[Read], root: Path, cache: MediaCache) -> list[tuple[int, str, str]]:
    used: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, read in enumerate(reads):
        for medium in read.media:
            used[medium].append(number)
    refused = {medium: fault for medium in used if (fault := path_fault(medium[1]))}
    found = [(number, "media", fault) for medium, fault in refused.items() for number in used[medium]]
    for kind in placeholders():
        names = [name for own, name in used if own == kind and (own, name) not in refused]
        faults, _ = check_all({name: MediaFile(root, name, kind) for name in names}, cache)
        found += (
            (number, "media", f"{kind} {quote(name)}: {way_out_of(fault, f'put the file below {root} or get it again')}")
            for name, fault in faults.items()
            for number in used[kind, name]
        )
    return found


def _questions(path: Readable) -> list[tuple[str, Read]]:
    asked = []
    for question, number, entry in read_entries(path):
        media = [(key, entry[key]) for key in placeholders() if isinstance(entry.get(key), str)]
        if not isinstance(entry.get("text"), str):
            raise InputError(f"{line_place(path, number)}: no string under 'text'; expected LLaVA's question file")
        asked.append((question, Read(media, [("human", entry["text"])])))
    return asked


def _leaks(
    records: Sequence[Any], reads: list[Read], asked: list[tuple[str, Read]], root: Path, cache: MediaCache
) -> list[tuple[int, str, str]]:
    contents = _contents(reads, [read for _, read in asked], root, cache)
    train = (
        Entry(str(number), (*_own_id(record), *_keys(read, contents)))
        for number, (record, read) in enumerate(zip(records, reads))
    )
    test = (Entry(question, (("id", question), *_keys(read, contents))) for question, read in asked)
    return [
        (int(leak.id), "leak", f"has the {_NOUNS[leak.what]} of question {quote(leak.other)}; take it out of training")
        for leak in find_leaks({"test": test, "train": train})
    ]


def _own_id(record: Any) -> tuple[Key, ...]:
    value = record.get("id") if isinstance(record, dict) else None
    return (("id", str(value)),) if isinstance(value, (str, int)) else ()


def _keys(read: Read, contents: dict[str, str]) -> list[Key]:
    if read.media:
        names = [name for _, name in read.media]
        return [("medium", name) for name in names] + [("content", contents[name]) for name in names if name in contents]
    text = _item_text(read)
    return [("text", text)] if text else []


def _item_text(read: Read) -> str:
    """What a text-only record is about: its first question without the line that asks, the first or the last."""
    lines = read.turns[0][1].strip().splitlines() if read.turns else []
    if len(lines) > 1:
        lines = lines[:-1] if _asks(lines[-1]) > _asks(lines[0]) else lines[1:]
    return normal("\n".join(lines))


def _asks(line: str) -> int:
    """How much a line looks as if it asked: 2 where it says how to answer, 1 for a question."""
    return 2 if any(kind.checker(line) for kind in TYPES.values()) else int("?" in line)


def _contents(train: list[Read], test: list[Read], root: Path, cache: MediaCache) -> dict[str, str]:
    splits: dict[str, set[str]] = defaultdict(set)
    for split, reads in (("train", train), ("test", test)):
        for read in reads:
            for _, name in read.media:
                if not path_fault(name):
                    splits[str(root / name)].add(split)
    found = digests(map(Path, worth_hashing(splits)), cache)
    names = {name for reads in (train, test) for read in reads for _, name in read.media}
    return {name: found[root / name] for name in names if root / name in found}
