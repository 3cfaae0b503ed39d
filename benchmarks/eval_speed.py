"""How fast a checkpoint answers: LLaVA's own `model_vqa_loader`, one question at a time, and `emollm eval`, in batches.

    python benchmarks/eval_speed.py CHECKPOINT --questions questions.jsonl --images media [--items 48] [--json]

Both answer the same questions greedily in one process after another on the same machine; loading the model is measured
apart. CPU time, of the processes that decode pictures too, says what other programs cannot blur. Without a GPU, give
the formats to measure in. Prints a Markdown table with the share of answers that are equal to those of LLaVA's script
in the same number format.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

PARTS = {"encoder": ("predictor", "_encode"), "prefill": ("reader", "read"), "decode": ("reader", "step")}


def measure(evaluator: str, dtype: str, given: argparse.Namespace, questions: str, out: str) -> None:
    """Answer the questions in this process; writes its figures beside the answers `out`."""
    import torch

    import emollm_plugin
    from emollm_plugin.compat import cpu

    # LLaVA's workers read a global of the script, which only a fork hands on.
    multiprocessing.set_start_method("fork", force=True)

    emollm_plugin.register()
    cpu.cpu_dtype = lambda: getattr(torch, dtype)
    measured = (_host if evaluator == "model_vqa_loader" else _ours)(given, questions, out)
    (loaded, loaded_cpu), (ended, ended_cpu) = measured["loaded"], _clocks()
    Path(out + ".json").write_text(
        json.dumps(
            {
                "load": loaded - measured["begun"],
                "seconds": ended - loaded,
                "cpu": ended_cpu - loaded_cpu,
                "parts": measured.get("parts", {}),
            }
        )
    )


def _clocks() -> tuple[float, float]:
    """Time on the wall, and CPU time of this process and of those that it has waited for."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in spent)


def _host(given: argparse.Namespace, questions: str, out: str) -> dict:
    from llava.model import builder

    from emollm_plugin.host.launch import main

    load, begun, loaded = builder.load_pretrained_model, [], []

    def timed(*args, **kwargs):
        begun.append(time.perf_counter())
        result = load(*args, **kwargs)
        loaded.append(_clocks())
        return result

    builder.load_pretrained_model = timed
    # The plug-in's check of every picture belongs to neither.
    from emollm_plugin.evaluation import check

    check.check_evaluation = lambda argv: None
    base = ["--model-base", given.base] if given.base else []
    code = main(
        [
            "llava.eval.model_vqa_loader",
            "--model-path",
            given.checkpoint,
            *base,
            "--question-file",
            questions,
            "--image-folder",
            given.images,
            "--answers-file",
            out,
            "--conv-mode",
            given.template,
            "--temperature",
            "0",
            "--max_new_tokens",
            str(given.tokens),
        ]
    )
    if code:
        sys.exit(code)
    return {"begun": begun[0], "loaded": loaded[0]}


def _ours(given: argparse.Namespace, questions: str, out: str) -> dict:
    from emollm_plugin.compat import cpu
    from emollm_plugin.evaluation.predictor import Predictor
    from emollm_plugin.evaluation.run import evaluate

    begin = time.perf_counter()
    predictor = Predictor.load(given.checkpoint, given.base, template=given.template, dtype=cpu.cpu_dtype())
    loaded = _clocks()
    parts = dict.fromkeys(PARTS, 0.0)  # of all batches that are answered side by side, together
    for part, (owner, name) in PARTS.items():
        target = type(predictor if owner == "predictor" else predictor.reader)
        setattr(target, name, _timed(getattr(target, name), parts, part))
    evaluate(
        predictor,
        Path(questions),
        Path(given.images),
        Path(out),
        model=given.checkpoint,
        max_new_tokens=given.tokens,
        batch_size=given.batch,
    )
    return {"begun": begin, "loaded": loaded, "parts": parts}


def _timed(function, parts: dict[str, float], part: str):
    def run(*args, **kwargs):
        begin = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            parts[part] += time.perf_counter() - begin

    return run


def draw(questions: Path, count: int, out: Path) -> None:
    """Write `count` of the questions about pictures, evenly spread."""
    lines = [line for line in questions.read_text().splitlines() if '"image"' in line]
    out.write_text("".join(line + "\n" for line in lines[:: max(1, len(lines) // count)][:count]))


def compare(given: argparse.Namespace) -> list[dict]:
    """Each evaluator in each number format, in a process of its own."""
    rows, answers = [], {}
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        questions = f"{folder}/questions.jsonl"
        draw(Path(given.questions), given.items, Path(questions))
        for dtype in given.dtypes.split(","):
            for evaluator in ("model_vqa_loader", "emollm eval"):
                out = f"{folder}/{evaluator.split()[0]}-{dtype}.jsonl"
                process = spawn.Process(target=measure, args=(evaluator, dtype, given, questions, out))
                process.start()
                process.join()
                if process.exitcode:
                    sys.exit(process.exitcode)
                texts = [json.loads(line)["text"] for line in Path(out).read_text().splitlines()]
                answers[evaluator, dtype] = texts
                row = {"evaluator": evaluator, "dtype": dtype, **json.loads(Path(out + ".json").read_text())}
                row["items_per_second"] = len(texts) / row["seconds"]
                wanted = answers["model_vqa_loader", dtype]
                row["equal"] = sum(a == b for a, b in zip(texts, wanted)) / len(texts)
                rows.append(row)
    for row in rows:
        row["ratio"] = rows[0]["seconds"] / row["seconds"]
        row["cpu_ratio"] = rows[0]["cpu"] / row["cpu"]
    return rows


def table(rows: list[dict], given: argparse.Namespace) -> str:
    lines = [
        f"{given.items} questions, at most {given.tokens} new tokens, batches of {given.batch or 'the default size'}, "
        f"{len(os.sched_getaffinity(0))} cores",
        "",
        "| evaluator | format | load s | s | items/s | times the first | CPU s | times the first "
        "| encoder / prefill / decode s | equal answers |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        parts = " / ".join(f"{value:.1f}" for value in row["parts"].values()) or "-"
        lines.append(
            f"| {row['evaluator']} | {row['dtype']} | {row['load']:.1f} | {row['seconds']:.1f} |"
            f" {row['items_per_second']:.2f} | {row['ratio']:.1f} | {row['cpu']:.1f} | {row['cpu_ratio']:.1f} |"
            f" {parts} | {row['equal']:.1%} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--questions", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--base")
    parser.add_argument("--template", default="emoprompt_chatml")
    parser.add_argument("--items", type=int, default=48)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--batch", type=int, help="default: that of emollm eval")
    parser.add_argument("--dtypes", default="float32", help="bfloat16, float32, with commas between; float16 on a GPU")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = compare(given)
    print(json.dumps(rows, indent=2) if given.json else table(rows, given))


if __name__ == "__main__":
    main()
