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

from emobench_data.io.errors import InputError

from ..shared.options import check_least, options
from ..shared.rows import read_rows
from .arms import ARMS, CELLS, ESSENTIAL, HEARD, REDUCED, SEEN, WITHOUT, Arm
from .sets import SETS


def arguments() -> argparse.Namespace:
    parser = options(__doc__, "proof", "fer2013/, oasis_pixabay/ and emodb/")
    parser.add_argument("--data", help=f"names with ; between: {'; '.join(SETS)}; default: all of the form")
    parser.add_argument("--whole", action="store_true", help="all sets and arms, not the reduced form's")
    parser.add_argument(
        "--arms", help="of all that a set has, by name, with ; between: ours, without layout; default: all of the form"
    )
    parser.add_argument("--trials-only", action="store_true", help="read no test item")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time; of several each in a process of one thread")
    return parser.parse_args()


def wanted(data: str | None, arms: str | None = None, *, whole: bool) -> dict[str, tuple[Arm, ...]]:
    """Data set -> its arms: those of the reduced form, all, or these `arms`.

    Raises:
        InputError: there is no such data set, or none of them has such an arm.
    """
    names = [name for name, one in SETS.items() if whole or not one.whole]
    names = _named(data) if data is not None else names
    if unknown := [name for name in names if name not in SETS]:
        raise InputError(f"unknown data set {unknown[0]!r}; known, with ; between: {'; '.join(SETS)}")
    own = {name: tuple(arm for arm in ARMS.values() if _belongs(name, arm, whole or bool(arms))) for name in names}
    if arms is None:
        return own
    only = _named(arms)
    known = list(dict.fromkeys(arm.name for each in own.values() for arm in each))
    if missing := [name for name in only if name not in known]:
        raise InputError(f"no arm {missing[0]!r} of {'; '.join(own)}; known, with ; between: {'; '.join(known)}")
    return {name: chosen for name, each in own.items() if (chosen := tuple(arm for arm in each if arm.name in only))}


def _named(text: str) -> list[str]:
    """The names with ; between, at least one, so that none at all is refused as an unknown one."""
    return [name.strip() for name in text.split(";") if name.strip()] or [""]


def _belongs(name: str, arm: Arm, whole: bool) -> bool:
    """Whether a set has an arm: voices have no cells, and perspectives of their own."""
    if not whole or SETS[name].whole:  # of the others that this is about
        return arm.name in REDUCED.get(name, ESSENTIAL)
    heard = SETS[name].sense == "voices"
    if arm.kind.startswith(WITHOUT):
        return arm.kind.removeprefix(WITHOUT) in (HEARD if heard else SEEN)
    return not (heard and arm.kind == CELLS)


def main() -> None:
    given = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        check_least(given, {"seeds": 1, "jobs": 1})
        if given.report:
            from .figure import draw
            from .report import gather, tables

            found = gather(read_rows(given.rows))
            if not found:
                raise InputError(f"{given.rows}: nothing was read yet, so that there is nothing to report")
            print(tables(found))
            if not draw(found, given.figure):
                logging.getLogger(__name__).warning("no figure: ours was not read beside the host or logistic regression yet")
        elif given.data_root is None:
            raise InputError("no data; give the folder that holds fer2013/, oasis_pixabay/ and emodb/ with --data-root")
        else:
            from .runs import run_all

            run_all(given, wanted(given.data, given.arms, whole=given.whole))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
