"""How long a training takes to its first step, and how much memory, from one JSON file and from shards.

    python benchmarks/many_records.py                       # a million made-up records, 1,000 pictures
    python benchmarks/many_records.py --records 100000 --no-file

Records are short questions about a picture or a text. Writing shards is timed by one process and by two, whose bytes must be
the same. A training is LLaVA's own under the plug-in: SmolLM2-135M, a LoRA adapter, two records a step, on the CPU. Times
are from the start of the command until the first step is done; memory is the largest of the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import click
import orjson
from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = 1000
LABELS = ("amusement", "anger", "awe", "contentment", "disgust", "excitement", "fear", "sadness")
QUESTION = f"Which emotion does it show? Answer with one of: {', '.join(LABELS)}."


@click.command(help=__doc__)
@click.option("--records", default=1_000_000, show_default=True)
@click.option("--shards", default=64, show_default=True)
@click.option("--file/--no-file", default=True, show_default=True, help="Also train from the JSON file.")
@click.option("--folder", type=click.Path(path_type=Path), help="Work here instead of in a temporary folder.")
def main(records: int, shards: int, file: bool, folder: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        work = Path(temporary)
        source = make(work, records)
        click.echo(f"{records:,} records, {source.stat().st_size / 1e6:,.0f} MB; {os.cpu_count()} cores")
        sums = []
        for processes in (1, 2):
            out = work / f"shards-{processes}"
            words = [sys.executable, "-m", "emobench_data", "shards", source, "--out", out, "--shards", shards]
            seconds, peak = until([*words, "--processes", processes])
            click.echo(f"shards by {processes} process(es): {seconds:.1f} s, {peak:.0f} MB at most of one")
            sums.append({path.name: sha256(path.read_bytes()).digest() for path in out.iterdir()})
        click.echo(f"bytes equal: {sums[0] == sums[1]}")
        for name, data in [("shards", out / "shards.json"), *([("file", source)] if file else [])]:
            seconds, peak = until(training(data, work, name), "'loss'")
            click.echo(f"first step from {name}: {seconds:.1f} s, {peak:.0f} MB")


def make(work: Path, records: int) -> Path:
    """A training file with a record a line, and its pictures in `images`."""
    (work / "images").mkdir()
    for number in range(PICTURES):
        Image.effect_noise((64, 64), number % 100).save(work / "images" / f"{number}.jpg")
    source = work / "train.json"
    with open(source, "wb") as out:
        for number in range(records):
            out.write(b",\n" if number else b"[\n")
            out.write(orjson.dumps(record(number)))
        out.write(b"\n]\n")
    return source


def record(number: int) -> dict:
    """One of eight is about a text alone."""
    picture = {"image": f"{number % PICTURES}.jpg"} if number % 8 else {}
    asked = f"<image>\n{QUESTION}" if picture else f"{QUESTION}\nText: entry {number} of a diary, on a day like any other."
    turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": LABELS[number % len(LABELS)]}]
    return {"id": f"emoset/{number}/emo_c", **picture, "conversations": turns}


def training(data: Path, work: Path, name: str) -> list[str]:
    """LLaVA's training of one step."""
    arguments = {
        "model_name_or_path": ROOT / "models" / "smollm2-135m-instruct",
        "version": "emoprompt_chatml",
        "data_path": data,
        "image_folder": work / "images",
        "vision_tower": "efficientnet_lite0",
        "mm_projector_type": "multiperspective:tokens=4",
        "mm_use_im_patch_token": False,
        "lora_enable": True,
        "use_cpu": True,
        "output_dir": work / name / "llava-lora",
        "media_checked": work / name / "checked",
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "logging_steps": 1,
        "save_strategy": "no",
        "model_max_length": 2048,
        "lazy_preprocess": True,
        "report_to": "none",
    }
    return [sys.executable, "-m", "emollm_plugin", "llava.train.train", *(
        str(part) for key, value in arguments.items() for part in (f"--{key}", value)
    )]  # fmt: skip


def until(words: Iterable[object], sign: str | None = None) -> tuple[float, float]:
    """Seconds until a command says `sign`, or ends; and the most megabytes that it, or one of its processes, had."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "DS_ACCELERATOR": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    start, found, said = time.perf_counter(), None, []
    child = subprocess.Popen(
        [*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        said.append(line)
        if sign and sign in line and found is None:
            found = time.perf_counter() - start
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) or (sign and found is None):
        sys.exit("".join(said)[-3000:])
    return found or time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
