"""What projector and prompt give under one recipe: the one reading that benchmarks/protocol.md says.

    python -m benchmarks.proof --data-root FOLDER --cache CACHE [--jobs 2]
    python -m benchmarks.proof --report

The trials of rates come first, on development items; then each arm is read with the rates that its trials chose. Each
training adds a row to the file when it is done, and what is there is not run again. `--report` prints Markdown tables and draws
benchmarks/figures/proof.png.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from emobench_data.io.errors import InputError

from ..shared.rows import read_rows
from .arms import ARMS, CELLS, ESSENTIAL, HEARD, REDUCED, SEEN, WITHOUT, Arm
from .sets import SETS

HERE = Path(__file__).parents[1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, default=HERE / "proof.jsonl", help="JSON lines; new rows are added")
    parser.add_argument("--report", action="store_true", help="run nothing, print the tables")
    parser.add_argument("--figure", type=Path, default=HERE / "figures" / "proof.png")
    parser.add_argument("--data-root", type=Path, help="folder with fer2013/, oasis_pixabay/ and emodb/ in it")
    parser.add_argument("--cache", type=Path, default=Path(".cache/proof"))
    parser.add_argument("--base", default=str(HERE.parent / "models" / "smollm2-135m-instruct"))
    parser.add_argument("--data", help=f"names with ; between: {'; '.join(SETS)}; default: all of the form")
    parser.add_argument("--whole", action="store_true", help="all sets and arms, not the reduced form's")
    parser.add_argument("--trials-only", action="store_true", help="read no test item")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: a GPU if there is one")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time; of several each in a process of one thread")
    return parser.parse_args()


def wanted(data: str | None, *, whole: bool) -> dict[str, tuple[Arm, ...]]:
    """Data set -> its arms, of the reduced form or all.

    Raises:
        InputError: there is no such data set.
    """
    names = [name for name, one in SETS.items() if whole or not one.whole]
    names = [name.strip() for name in data.split(";")] if data else names
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise InputError(f"unknown data set {unknown[0]!r}; known, with ; between: {'; '.join(SETS)}")
    return {name: tuple(arm for arm in ARMS.values() if _belongs(name, arm, whole)) for name in names}


def _belongs(name: str, arm: Arm, whole: bool) -> bool:
    """Whether a set has an arm: voices have no cells, and perspectives of their own."""
    if not whole or SETS[name].whole:  # of the others that this is about
        return arm.name in REDUCED.get(name, ESSENTIAL)
    heard = SETS[name].sense == "voices"
    if arm.kind.startswith(WITHOUT):
        return arm.kind.removeprefix(WITHOUT) in (HEARD if heard else SEEN)
    return not (heard and arm.kind == CELLS)


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if options.report:
            from .figure import draw
            from .report import gather, tables

            found = gather(read_rows(options.rows))
            if not found:
                raise InputError(f"{options.rows}: nothing was read yet, so that there is nothing to report")
            print(tables(found))
            draw(found, options.figure)
        elif options.data_root is None:
            raise InputError("no data; give the folder that holds fer2013/, oasis_pixabay/ and emodb/ with --data-root")
        else:
            from .runs import run_all

            run_all(options, wanted(options.data, whole=options.whole))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
