"""Held-out OASIS over several seeds: is the launcher's default clearly above always giving the commonest label?

    for s in 0 1 2; do DATASET=oasis DATA_ROOT=... SEED=$s bash scripts/finetune_emollm.sh; done
    python benchmarks/oasis_seeds.py runs/oasis-seed0 runs/oasis-seed1 runs/oasis-seed2 --data data

Prints one Markdown row a seed, and for all of them together an interval of the gain: photographs of one theme hang
together and a theme may be held out under several seeds, so that whole themes are drawn anew (cluster bootstrap).
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import orjson

from emobench_data.metrics import bootstrap, macro_f1, percentiles

DRAWS = 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the launcher's DATA_DIR")
    arguments = parser.parse_args()
    print("| run | n | accuracy | majority | gain | macro-F1 |\n| --- | --- | --- | --- | --- | --- |")
    gains: dict[str, list[int]] = defaultdict(list)
    for run in arguments.runs:
        gold, answers, items = read(run, arguments.data / run.name)
        commonest, count = Counter(gold).most_common(1)[0]
        right = np.array([a == g for a, g in zip(answers, gold)])
        f1 = macro_f1(gold, answers)
        n = len(gold)
        gain = right.mean() - count / n
        print(f"| {run.name} | {n} | {right.mean():.3f} | {count / n:.3f} | {gain:+.3f} | {f1:.3f} |")
        for item, answer, label in zip(items, answers, gold):
            gains[theme(item)].append((answer == label) - (label == commonest))
    low, high = interval(gains)
    every = [gain for one in gains.values() for gain in one]
    over = f"over {len(gains)} themes, {len(every)} answers"
    print(f"\nall: gain {np.mean(every):+.3f}, 95 % [{low:+.3f}, {high:+.3f}] {over}")


def read(run: Path, data: Path) -> tuple[list[str], list[str], list[str]]:
    """Labels, answers (as the model gave them, in lower case) and items of one run, in the gold's order."""
    lines = [orjson.loads(line) for line in (data / "gold.jsonl").read_bytes().splitlines()]
    given = {}
    for line in (run / "answers.jsonl").read_bytes().splitlines():
        answer = orjson.loads(line)
        given[answer["question_id"]] = answer["text"].strip().lower()
    ids = [line["question_id"] for line in lines]
    return [line["answer"] for line in lines], [given[one] for one in ids], ids


def theme(item: str) -> str:
    """`oasis/Acorns_1/emo_c` -> `Acorns`."""
    return re.sub(r"[ _]*\d+$", "", item.split("/")[1])


def interval(gains: dict[str, list[int]]) -> tuple[float, float]:
    """95 % of the mean of gains of -1, 0 or 1 when themes are drawn anew with replacement."""
    units = np.repeat(np.arange(len(gains)), [len(one) for one in gains.values()])
    kinds = np.concatenate([*gains.values()]) + 1
    adds = np.array([[-1, 1], [0, 1], [1, 1]])
    return percentiles(bootstrap(units, kinds, adds, lambda sums: sums[:, 0] / sums[:, 1], draws=DRAWS))


if __name__ == "__main__":
    main()
