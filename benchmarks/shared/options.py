"""Options that the comparisons have alike."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from emobench_data.io.errors import InputError

HERE = Path(__file__).parents[1]


def options(doc: str | None, name: str, folders: str) -> argparse.ArgumentParser:
    """A parser with them, for the comparison `name`, which reads `folders` of the data's root."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, default=HERE / f"{name}.jsonl", help="JSON lines; new rows are added")
    parser.add_argument("--report", action="store_true", help="run nothing, print the tables")
    parser.add_argument("--figure", type=Path, default=HERE / "figures" / f"{name}.png")
    parser.add_argument("--data-root", type=Path, help=f"folder with {folders} in it")
    parser.add_argument("--cache", type=Path, default=Path(f".cache/{name}"))
    parser.add_argument("--base", default=str(HERE.parent / "models" / "smollm2-135m-instruct"))
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: a GPU if there is one")
    return parser


def check_least(given: argparse.Namespace, least: Mapping[str, int]) -> None:
    """Raise `InputError` where a number that was given is below its least."""
    for name, number in least.items():
        own = getattr(given, name)
        if own is not None and own < number:
            raise InputError(f"--{name} {own}: at least {number}")
