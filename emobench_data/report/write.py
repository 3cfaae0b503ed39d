"""Write the report's two files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..io.atomic import atomic_file, check_ours
from . import tables
from .page import page
from .runs import Run, load_runs
from .tables import Table

HTML, MARKDOWN = "report.html", "report.md"


def write_report(
    folders: Sequence[Path | str],
    out: Path | str,
    *,
    questions: Path | str | None = None,
    gold: Path | str | None = None,
    media_root: Path | str | None = None,
) -> tuple[Path, Path]:
    """Write `report.html` and `report.md` on the runs in `folders` to `out`; return both paths.

    The first run is the one that others are compared with, and "before" in general ability.

    Raises:
        InputError: as `load_runs`.
    """
    out = Path(out)
    given = {"questions": questions, "gold": gold, "media_root": media_root}
    runs = load_runs(
        [Path(folder) for folder in folders], **{name: Path(path) if path else None for name, path in given.items()}
    )
    check_ours(out / HTML, rb"<!doctype html>\n<html[^\n]*\n[^\n]*\n<title>EmoBench report</title>")
    check_ours(out / MARKDOWN, rb"# EmoBench report\n")
    with atomic_file(out / HTML) as html, atomic_file(out / MARKDOWN) as table:
        html.write(page(runs).encode("utf-8", "replace"))
        table.write(markdown(runs).encode("utf-8", "replace"))
    return out / HTML, out / MARKDOWN


def markdown(runs: Sequence[Run]) -> str:
    """The tables without the pictures."""
    found = [*tables.overall(runs), *tables.general(runs), *tables.comparisons(runs), *tables.stimuli(runs)]
    found += [
        table._replace(title=f"{run.name}: {table.title}")
        for run in runs
        for table in (tables.by_source(run), *tables.families(run), *tables.extras(run))
    ]
    return "# EmoBench report\n\n" + "\n\n".join(map(_markdown_table, found)) + "\n"


def _markdown_table(table: Table) -> str:
    lines = [table.head, ["---", *["---:"] * (len(table.head) - 1)], *table.rows]
    told = f"## {_cell(table.title)}\n\n" + "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)
    return f"{told}\n\n{_cell(table.note)}" if table.note else told


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
