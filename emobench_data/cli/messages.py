"""What commands say of what they wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..media.places import FOLLOW_LINKS


def echo_left_out(left_out: dict[str, Any]) -> None:
    for what in ("leaks", "content_leaks"):
        for kind, n in left_out.get(what, {}).get("by_kind", {}).items():
            split, _, shared = kind.partition(", ")
            click.echo(f"left out of {split}: {n:,} records, for a later split has {_SHARED[shared]}")
    faulty = left_out.get("faulty_media", {"count": 0})
    if faulty["count"]:
        places = ", ".join(f"{split} {n:,}" for split, n in faulty["by_split"].items())
        named = ", ".join(f"{name} ({fault})" for name, fault in list(faulty["examples"].items())[:5])
        click.echo(f"left out {faulty['count']:,} of {faulty['of']:,} media that are missing or broken ({places}): {named}")


_SHARED = {
    "item": "the same item",
    "medium": "the same medium",
    "text": "the same text",
    "content": "a medium of the same content",
    "near": "nearly the same picture",
}


def echo_folder(summary: dict[str, Any], out: Path, root: Path) -> None:
    """Where media are named from, and what training needs to know of it."""
    folder = out / summary["image_folder"] if summary["image_folder"] else root
    links = f"; it links to the data sets, so set {FOLLOW_LINKS}=1 where it is read" if summary["linked"] else ""
    click.echo(f"image folder: {folder}{links}")


def echo_counts(summary: dict[str, Any], out: Path) -> None:
    for split, tasks in summary["counts"].items():
        for task, answers in tasks.items():
            parts = ", ".join(f"{answer} {n}" for answer, n in answers.items())
            click.echo(f"{split} {task}: {sum(answers.values())} ({parts})")
    if "rationale" in summary:
        click.echo("trained: {trained}, of which with a rationale: {with_rationale}".format(**summary["rationale"]))
    click.echo(f"written to {out}")
