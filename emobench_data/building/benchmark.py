"""Build the benchmark that a composition describes: every file that training and evaluation need, in one go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from ..io.atomic import atomic_files, check_ours
from ..io.outputs import Outputs
from . import datacard
from .composition import Composition, load_composition
from .gather import Gathered, gather
from .manifest import manifest
from .pipeline import run
from .preparation import Prepared
from .record_exports import record_files, write_records
from .statistics import Statistics

CHECKSUMS, CARD, MANIFEST = "SHA256SUMS", "README.md", "build.json"
FIGURES = ("figures/labels.png", "figures/lengths.png", "figures/durations.png")
_WAY_OUT = "get these files again, or go without: --faulty-media 1, or 'faulty: skip' in the composition"


def build(
    composition: Composition | Path | str, out: Path | str, *, check: bool = False, figures: bool = True
) -> dict[str, Any]:
    """Write the benchmark to `out`, all files or none, `build.json` last; return what `build.json` holds.

    The same data sets and composition give the same bytes. Records of train and val that leak are left out and counted.
    Where pictures had to be made, all media are named from `out`/media, with links to the data sets; else from the data
    root.

    Args:
        composition: as it is, or its YAML file or preset.
        check: open every medium first, and compare the contents of media across splits; it goes on where it
            was stopped.
        figures: draw the figures of the data card, which needs matplotlib.

    Raises:
        InputError: a data set is missing or cannot be read, nothing is left, all answers of a split to a Yes/No sub-task
            are the same, more media are faulty than the composition lets be left out, or a library that is needed is not
            installed. `out` is then as it was.
    """
    if figures:
        from . import plots as drawing  # fails now rather than in the end
    out = Path(out)
    composition = composition if isinstance(composition, Composition) else load_composition(str(composition))
    gathered = gather(composition)

    def write(prepared: Prepared) -> dict[str, Any]:
        return _write(gathered, prepared, composition, out, drawing.draw if figures else None)

    return run(gathered, composition, out, write, check=check, unpack=check, way_out=_WAY_OUT)


def all_files() -> tuple[str, ...]:
    """Every file that a build may hold, the manifest last."""
    return *record_files(), *FIGURES, CARD, CHECKSUMS, MANIFEST


def _write(
    gathered: Gathered, prepared: Prepared, composition: Composition, out: Path, draw: Callable | None
) -> dict[str, Any]:
    check_ours(out / MANIFEST, rb'\{\n  "version": "')
    with atomic_files(out, all_files()) as folder:
        with Outputs(folder) as outputs:
            statistics = Statistics(prepared.seconds)
            trained = write_records(gathered, composition, outputs, statistics)
        made = manifest(gathered, prepared, composition, out, statistics, trained)
        made["figures"] = draw(statistics, folder) if draw else []
        sources = {name: part.source for name, part in gathered.parts.items()}
        (folder / CARD).write_text(datacard.card(made, sources), "utf-8")
        sums = outputs.sums | outputs.of(CARD, *FIGURES)
        (folder / CHECKSUMS).write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)), "utf-8")
        made["sha256"] = dict(sorted(sums.items()))
        (folder / MANIFEST).write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
    return made
