"""The command that lists the data sets, and where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from ..io.errors import InputError
from ..sources import Source, all_sources
from .scores import FOLDER


@click.command()
@click.option("--root", type=FOLDER, help="Look for the data sets here and in the folders right below.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def sources(root: Path | None, as_json: bool) -> None:
    """List the data sets that can be converted."""
    if root and not root.is_dir():
        raise InputError(f"{root}: no such folder; name the folder that holds the data sets")
    listed = [_describe(source, root) for source in all_sources().values()]
    click.echo(orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode() if as_json else "\n\n".join(map(_lines, listed)))


def _describe(source: Source, root: Path | None) -> dict[str, Any]:
    places = sorted(path for path in root.iterdir() if path.is_dir()) if root else []
    if root and source.found(root):
        places = [root]  # what lies below is a part of it
    return {
        "name": source.name,
        "title": source.title,
        "tasks": source.tasks,
        "labels": {task: list(labels) for task, labels in source.labels.items()},
        "licence": source.licence,
        "homepage": source.homepage,
        "citation": source.citation,
        "obtain": source.obtain,
        "hateful": source.hateful,
        "rule": source.rule,
        "expected_items": dict(source.expected),
        "found": [str(place) for place in places if source.found(place)] if root else None,
    }


def _lines(entry: dict[str, Any]) -> str:
    lines = [f"{entry['name']}: {entry['title']}, {', '.join(entry['tasks'])}, licence: {entry['licence']}"]
    lines += [f"  {task} labels: {', '.join(labels)}" for task, labels in entry["labels"].items()]
    lines += [f"  address: {entry['homepage']}", f"  to get it: {entry['obtain']}"]
    if entry["found"] is not None:
        lines.append(f"  found: {', '.join(entry['found']) or 'no'}")
    return "\n".join(lines)
