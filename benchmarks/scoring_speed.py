"""How long 300,000 answers take to score: made-up questions of all six sub-tasks and several sources.

    python benchmarks/scoring_speed.py [--answers N]

Prints the wall time of `emobench_data.scoring.score`, best of three, files in the page cache, and the share of it that
only reading the three files takes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import orjson

from emobench_data.io.llava_files import read_entries
from emobench_data.schema.tasks import TASKS
from emobench_data.scoring import score
from emobench_data.sources import all_sources

FILES = ("questions.jsonl", "gold.jsonl", "answers.jsonl")
WORDINGS = ("{}", "{}.", "The answer is {}.", "I would say that this is {}, all in all.", "Answer: {}")


def write(folder: Path, count: int) -> None:
    random = Random(0)
    labels = {name: list(source.labels.get("emo_c", ())) for name, source in all_sources().items()}
    sources = [name for name, own in labels.items() if own]
    with (
        open(folder / FILES[0], "wb") as questions,
        open(folder / FILES[1], "wb") as gold,
        open(folder / FILES[2], "wb") as answers,
    ):
        for number in range(count):
            source, task = random.choice(sources), random.choice(list(TASKS))
            known = ["Yes", "No"] if TASKS[task].type.name == "yes_no" else labels[source]
            truth, guess = random.choice(known), random.choice(known)
            identity = {"question_id": f"{source}/{number}/{task}"}
            options = known if TASKS[task].type.name == "closed" else []
            entry = {"source": source, "task": task, "answer": truth, "references": [truth], "options": options}
            questions.write(orjson.dumps(identity | {"image": f"{number}.jpg", "text": "What is it? " * 20}) + b"\n")
            gold.write(orjson.dumps(identity | entry) + b"\n")
            answers.write(orjson.dumps(identity | {"text": random.choice(WORDINGS).format(guess)}) + b"\n")


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=300_000)
    count = parser.parse_args().answers
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / file for file in FILES]
        write(Path(name), count)
        reading = best(lambda: [sum(1 for _ in read_entries(path)) for path in paths])
        scoring = best(lambda: score(*paths))
    print(f"{count:,} answers: {scoring:.2f} s, of which reading the files takes {reading:.2f} s")


if __name__ == "__main__":
    main()
