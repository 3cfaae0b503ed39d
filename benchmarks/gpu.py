"""What is worth measuring on a GPU, the worthiest first, within a budget of seconds.

    python benchmarks/gpu.py --budget-s 540 [--checkpoint DIR --questions questions.jsonl --images media] [--data-root DIR]
    python benchmarks/gpu.py --report

Each piece is a program of this folder in a process of its own, which ends with this one. One that is through adds a row to
`--rows`, with its command, output, device and versions, and is not run again on such a device; one that the budget ends adds
none and is begun anew next time (the quality protocol goes on from its own rows). A piece whose data are not given is passed
over, which is said. `--report` prints the rows.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from benchmarks.shared.machine import made_on  # noqa: E402
from emollm_plugin.host.lifetime import ending_with_us  # noqa: E402

SHORTEST = 20  # seconds, below which nothing is begun
KEPT = 20_000  # characters of an output


class Piece(NamedTuple):
    """One measurement: its name, its command behind `python`, and the settings without which it cannot be made."""

    name: str
    words: list[object]
    needs: tuple[str, ...] = ()


def pieces(given: argparse.Namespace) -> list[Piece]:
    """All of them, the worthiest first."""
    speed: list[object] = ["benchmarks/training_speed.py", "--device", given.device]
    asked = [given.checkpoint, "--questions", given.questions, "--images", given.images]
    proof = ["-m", "benchmarks.proof", "--whole", "--data-root", given.data_root]
    proof += ["--rows", given.rows.with_name("gpu-proof.jsonl")]
    return [
        Piece("projector", ["benchmarks/projector.py", "--parts", "llava,smollm,enrich", "--device", given.device, "--json"]),
        Piece("training, Vicuna-7B's shapes", [*speed, "--shapes", given.shapes, "--batches", 2, "--rounds", 3]),
        Piece("training, the default recipe's shapes", [*speed, "--shapes", "default", "--batches", 4, "--rounds", 5]),
        Piece(
            "evaluation, 5,000 questions",
            ["benchmarks/eval_speed.py", *asked, "--items", 5000, "--dtypes", "float16", "--json"],
            ("checkpoint", "questions", "images"),
        ),
        Piece("several questions a picture", ["benchmarks/several_questions.py", given.checkpoint, "--images", given.images],
              ("checkpoint", "images")),
        Piece("quality protocol", [*proof, "--jobs", 8, "--device", given.device], ("data_root",)),
    ]  # fmt: skip


def main() -> None:
    given = _arguments()
    rows = [orjson.loads(line) for line in given.rows.read_bytes().splitlines()] if given.rows.is_file() else []
    if given.report:
        if not rows:
            print(f"{given.rows}: no row is there yet")
        for row in rows:
            print(f"## {row['piece']}\n\n{row['made_on']}, {row['seconds']:.0f} s: `{row['command']}`\n\n{row['output']}\n")
        return
    if given.device.startswith("cuda") and not torch.cuda.is_available():
        sys.exit("no CUDA GPU was found; --device cpu tries the pieces, slowly")
    unknown = set(given.only or ()) - {piece.name for piece in pieces(given)}
    if unknown:
        sys.exit(f"unknown piece {sorted(unknown)[0]!r}; known: {'; '.join(piece.name for piece in pieces(given))}")
    here, end = made_on(torch.device(given.device)), time.monotonic() + given.budget_s
    done = {row["piece"] for row in rows if row["made_on"] == here}
    for piece in pieces(given):
        lacking = [name for name in piece.needs if not getattr(given, name)]
        if piece.name in done or (given.only and piece.name not in given.only):
            continue
        if lacking:
            print(f"passed over, without --{lacking[0].replace('_', '-')}: {piece.name}")
        elif (left := end - time.monotonic()) < SHORTEST:
            print(f"the budget is spent before: {piece.name}")
        elif row := _made(piece, left):
            with open(given.rows, "ab") as file:
                file.write(orjson.dumps({**row, "made_on": here}) + b"\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget-s", type=float, default=540)
    parser.add_argument("--rows", type=Path, default=HERE / "gpu.jsonl")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--shapes", default="vicuna-7b-clip-l", help="a shipped recipe")
    parser.add_argument("--only", type=lambda text: text.split(";"), help="names of pieces with ; between")
    parser.add_argument("--report", action="store_true")
    for name in ("checkpoint", "questions", "images", "data-root"):
        parser.add_argument(f"--{name}", type=Path)
    return parser.parse_args()


def _made(piece: Piece, seconds: float) -> dict[str, Any] | None:
    """The row of a piece; None where it failed or the budget ended it."""
    words = [sys.executable, *map(str, piece.words)]
    start = time.monotonic()
    print(f"{piece.name}: {' '.join(words[1:])}", flush=True)
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent, start_new_session=True, preexec_fn=ending_with_us()
    )
    try:
        output = child.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        print(f"ended by the budget after {seconds:.0f} s: {piece.name}")
        return None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.returncode:
        print(f"failed with {child.returncode}: {piece.name}")
        return None
    took = time.monotonic() - start
    print(output, flush=True)
    # A machine's paths say nothing to others.
    shown = " ".join(word.name if isinstance(word, Path) else str(word) for word in piece.words)
    return {"piece": piece.name, "command": shown, "seconds": took, "output": output[-KEPT:]}


if __name__ == "__main__":
    main()
