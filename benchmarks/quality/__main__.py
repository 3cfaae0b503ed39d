"""Projector and prompt arms compared over the same base, data, steps and seeds.

    python -m benchmarks.quality --data-root FOLDER --data fer2013 --rows rows.jsonl --cache CACHE
    python -m benchmarks.quality --rows rows.jsonl --report [--data-root FOLDER]

The projector is trained in front of the language model, which is frozen or has a LoRA adapter, in a plain loop over
encoder features that are kept in CACHE; an answer is the likeliest of the question's options. Each training adds a row
to the file when it is done, and what is there is not run again. `--report` prints Markdown tables; the figure
of the results is drawn by `python -m scripts.figures`.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from emobench_data.io.errors import InputError

from ..shared.rows import read_rows
from .arms import HEADLINE, chosen
from .contrasts import contrasts
from .data import FOLDERS, oasis_test_items
from .report import gather, overall, table

HERE = Path(__file__).parents[1]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True, nargs="+", help="JSON lines; new rows go to the last file")
    parser.add_argument("--report", action="store_true", help="run nothing, print the table")
    parser.add_argument("--data-root", type=Path, help="folder with oasis_pixabay/ and fer2013/ in it")
    parser.add_argument("--cache", type=Path, default=Path(".cache/quality"))
    parser.add_argument("--base", default=str(HERE.parent / "models" / "smollm2-135m-instruct"))
    parser.add_argument("--data", default="fer2013", help=f"with commas between: {', '.join(FOLDERS)}")
    parser.add_argument("--towers", default="efficientnet_lite0", help="with commas between")
    parser.add_argument("--arms", default="reduced", help="names with ; between, or reduced, or all")
    parser.add_argument("--seeds", default="0,1,2", help="each draws data, projector and order anew")
    parser.add_argument("--folds", type=int, default=3, help="of OASIS")
    parser.add_argument("--train", type=int, default=480, help="FER2013 faces, the same number a class")
    parser.add_argument("--test", type=int, default=210)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: a GPU if there is one")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time; of several each in a process of one thread")
    parser.add_argument("--development", action="store_true", help="on pictures that are never reported")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if options.report:
            report(options)
        else:
            from .runs import run_all

            run_all(options, chosen(options.arms))
    except InputError as error:
        sys.exit(str(error))


def report(options: argparse.Namespace) -> None:
    """Print the table, for OASIS also over the photographs alone on which nothing was ever chosen."""
    from emobench_data.sources import Skips, oasis

    rows = read_rows(*options.rows)
    found = gather(rows)
    if not found:
        raise InputError(f"{options.rows[-1]}: no seed is whole yet, so that there is nothing to report; run without --report")
    _tell(found)
    if options.data_root:
        kept = oasis_test_items(oasis.read(options.data_root / FOLDERS["oasis"], Skips()))
        untouched = gather(rows, kept)
        print(f"\nThe {len(kept)} photographs of OASIS that no setting was chosen on:\n")
        _tell(untouched)


def _tell(found) -> None:
    print(table(found), contrasts(found), overall(found, HEADLINE), sep="\n\n")


if __name__ == "__main__":
    main()
