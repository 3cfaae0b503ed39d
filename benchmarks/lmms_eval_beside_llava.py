"""lmms-eval's own command line beside LLaVA's `model_vqa_loader`, on one checkpoint and the same questions.

    python benchmarks/lmms_eval_beside_llava.py CHECKPOINT --data data/mini-480-144 [--answers FILE] [--out FOLDER]

LLaVA's script is run first, unless FILE holds its answers already, such as the launcher's `answers.jsonl`. Needs
`EXTRA=lmms-eval bash scripts/setup.sh`. Prints how many answers are equal, and both scores: those that lmms-eval reports, and
those of `emobench_data.scoring` on the answers of LLaVA's script. Exit code 1 if an answer or a score differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from emobench_data.export.lmms_eval import FOLDER
from emobench_data.export.lmms_eval.tasks import DATA
from emobench_data.scoring import score
from emollm_plugin.checkpoints.inspection import inspect_folder


def run(given: argparse.Namespace, template: str, base: str, out: Path) -> None:
    """The evaluators, one after the other, each in a process of its own; answers and logs lie in `out`."""
    questions, media = given.data / "questions.jsonl", given.data / "media"
    settings = {"pretrained": given.checkpoint, "template": template, **({"base": base} if base else {})}
    words = ",".join(f"{key}={value}" for key, value in settings.items())
    harness = [
        "-m",
        "lmms_eval",
        "--model",
        "emollm",
        "--model_args",
        words,
        "--tasks",
        "emobench",
        "--include_path",
        FOLDER,
        "--batch_size",
        "16",
        "--log_samples",
        "--output_path",
        out / "lmms_eval",
    ]
    host = [
        "-m",
        "emollm_plugin",
        "llava.eval.model_vqa_loader",
        "--model-path",
        given.checkpoint,
        *(["--model-base", base] if base else []),
        "--question-file",
        questions,
        "--image-folder",
        media,
        "--answers-file",
        out / "answers.jsonl",
        "--conv-mode",
        template,
        "--temperature",
        "0",
        "--max_new_tokens",
        "16",
    ]
    environment = {**os.environ, DATA: str(given.data), "HF_DATASETS_CACHE": str(out / "cache"), "HF_HUB_OFFLINE": "1"}
    commands = {"lmms_eval": harness} if given.answers else {"llava": host, "lmms_eval": harness}
    for name, command in commands.items():
        with open(out / f"{name}.log", "w") as log:
            done = subprocess.run([sys.executable, *map(str, command)], env=environment, stdout=log, stderr=log)
        if done.returncode:
            sys.exit(f"{name} failed:\n{(out / f'{name}.log').read_text()[-3000:]}")


def harness_answers(out: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Question id -> answer, and task -> accuracy, as lmms-eval wrote them."""
    answers = {}
    for path in (out / "lmms_eval").rglob("*_samples_emobench_*.jsonl"):
        for line in map(json.loads, path.read_text().splitlines()):
            answers[line["accuracy"]["question"]] = line["filtered_resps"]
    (results,) = (out / "lmms_eval").rglob("*_results.json")
    found = json.loads(results.read_text())["results"]
    return answers, {name: figures["accuracy,none"] for name, figures in found.items()}


def compare(given: argparse.Namespace, out: Path) -> bool:
    """Print what both gave; whether it is the same."""
    host_answers = given.answers or out / "answers.jsonl"
    lines = map(json.loads, host_answers.read_text().splitlines())
    wanted = {str(line["question_id"]): line["text"] for line in lines}
    answers, scores = harness_answers(out)
    ours = score(given.data / "questions.jsonl", given.data / "gold.jsonl", host_answers)
    equal = sum(answers.get(key) == text for key, text in wanted.items())
    rows = [(f"emobench_{task}", figures["accuracy"]) for task, figures in ours["tasks"].items()]
    rows.append(("emobench", ours["overall"]))
    print(f"{equal} of {len(wanted)} answers equal, {len(set(wanted.values()))} different ones among them\n")
    print("| task | lmms-eval | our score of LLaVA's answers |\n| --- | ---: | ---: |")
    for name, value in rows:
        print(f"| {name} | {100 * scores[name]:.2f} | {100 * value:.2f} |")
    return equal == len(wanted) == len(answers) and all(abs(scores[name] - value) < 1e-9 for name, value in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="as the launcher leaves it, or any that emollm eval takes")
    parser.add_argument("--data", type=Path, required=True, help="folder of EmoBench-mini: questions, gold and media")
    parser.add_argument("--answers", type=Path, help="of LLaVA's script to the same questions, with at most 16 tokens")
    parser.add_argument("--base", help="base model, where it is not the one that CHECKPOINT names")
    parser.add_argument("--template", help="where it is not the one that CHECKPOINT notes")
    parser.add_argument("--out", type=Path, help="keep answers and logs in this folder, which must be empty")
    given = parser.parse_args()
    given.data = given.data.resolve()
    known = inspect_folder(Path(given.checkpoint))
    with tempfile.TemporaryDirectory() as scratch:
        out = (given.out or Path(scratch)).resolve()
        out.mkdir(parents=True, exist_ok=True)
        run(given, given.template or known["template"], given.base or known["base"], out)
        sys.exit(not compare(given, out))


if __name__ == "__main__":
    main()
