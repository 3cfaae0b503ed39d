"""Answers alone against answers after reasons, over the same base, data, steps and seeds.

    python -m benchmarks.reasons --data-root FOLDER --data mustard,mintrec,mini --cache CACHE
    python -m benchmarks.reasons --report

SmolLM2-135M with a LoRA adapter, on text alone (MUStARD, MIntRec) or behind an aligned projector (EmoBench-mini, OASIS), is
trained in one of a few ways and then asked in others; answers are scored by the strict rules, and reasons in steps one by
one. Each way to ask adds a row to the file when it is done, and what is there is not run again. `--report` prints Markdown
tables and draws benchmarks/figures/reasons.png.
"""

from __future__ import annotations

import argparse
import logging
import sys

from emobench_data.io.errors import InputError

from ..shared.options import check_least, options
from ..shared.rows import read_rows
from .arms import chosen


def arguments() -> argparse.Namespace:
    parser = options(__doc__, "reasons", "mustard/, mintrec/ and oasis_pixabay/")
    parser.add_argument("--data", default="mustard,mintrec,mini,oasis", help="with commas between")
    parser.add_argument("--arms", default="all", help="names with ; between, or all")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--test", type=int, help="of a real data set, ask about so many, the same for all; default: all")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        check_least(given, {"test": 1})
        if given.report:
            from .figure import draw
            from .report import gather, tables

            found = gather(read_rows(given.rows))
            print(tables(found))
            draw(found, given.figure)
        else:
            from .runs import run_all

            run_all(given, chosen(given.arms))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
