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
from pathlib import Path

from emobench_data.io.errors import InputError

from ..shared.rows import read_rows
from .arms import chosen

HERE = Path(__file__).parents[1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, default=HERE / "reasons.jsonl", help="JSON lines; new rows are added")
    parser.add_argument("--report", action="store_true", help="run nothing, print the tables")
    parser.add_argument("--figure", type=Path, default=HERE / "figures" / "reasons.png")
    parser.add_argument("--data-root", type=Path, help="folder with mustard/, mintrec/ and oasis_pixabay/ in it")
    parser.add_argument("--cache", type=Path, default=Path(".cache/reasons"))
    parser.add_argument("--base", default=str(HERE.parent / "models" / "smollm2-135m-instruct"))
    parser.add_argument("--data", default="mustard,mintrec,mini,oasis", help="with commas between")
    parser.add_argument("--arms", default="all", help="names with ; between, or all")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--test", type=int, help="of a real data set, ask about so many, the same for all; default: all")
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: a GPU if there is one")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if options.report:
            from .figure import draw
            from .report import gather, tables

            found = gather(read_rows(options.rows))
            print(tables(found))
            draw(found, HERE / "RESULTS.md", options.figure)
        else:
            from .runs import run_all

            run_all(options, chosen(options.arms))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
