"""EmoBench at full scale: how long a build takes and how much memory, and what plain `json` would take for its files.

    python benchmarks/emobench_scale.py                      # 300,000 records, best of three
    python benchmarks/emobench_scale.py --records 857790     # as many as all complete copies hold
    python benchmarks/emobench_scale.py --kill 12            # kill builds at random moments, and compare bytes

Made-up annotation files of all twenty data sets in their real formats, without media; media checks and storyboards are
off. The build is the command line in a process of its own. The comparison is of the export stage, in one process: the
records in memory to all record files, whose contents must be the same.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from emobench_made_up import SIZES, make
from emobench_naive import write as write_naive

from emobench_data.building.benchmark import MANIFEST
from emobench_data.building.composition import load_composition
from emobench_data.building.gather import gather
from emobench_data.building.record_exports import record_files, write_records
from emobench_data.building.statistics import Statistics
from emobench_data.io.outputs import Outputs


@click.command(help=__doc__)
@click.option("--records", default=300_000, show_default=True)
@click.option("--runs", default=3, show_default=True)
@click.option("--kill", "kills", default=0, show_default=True, help="Builds to kill before one is left to finish.")
@click.option("--folder", type=click.Path(path_type=Path), help="Work here instead of in a temporary folder.")
def main(records: int, runs: int, kills: int, folder: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        work = Path(temporary)
        started = time.perf_counter()
        make(work / "sets", records)
        click.echo(f"made in {time.perf_counter() - started:.0f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        config = work / "composition.yaml"
        config.write_text(json.dumps({"data_root": "sets", "videos": "clips", "sources": dict.fromkeys(SIZES)}))
        for figures in ("--figures", "--no-figures"):
            measured = [_build(config, work / "out", figures) for _ in range(runs)]
            seconds, peak = min(measured)
            count = sum(json.loads((work / "out" / MANIFEST).read_bytes())["records"].values())
            click.echo(
                f"build {figures}: {count:,} records in {seconds:.1f} s, peak {peak:.0f} MB (best of {runs}: "
                f"{', '.join(f'{one:.1f}' for one, _ in measured)})"
            )
        _compare(config, work, runs)
        if kills:
            _kill(config, work, kills, seconds)


def _command(config: Path, out: Path, figures: str) -> list[str]:
    return [sys.executable, "-m", "emobench_data", "build", str(config), "--out", str(out), figures]


def _build(config: Path, out: Path, figures: str) -> tuple[float, float]:
    """Seconds and peak MB of one build into a new folder."""
    shutil.rmtree(out, ignore_errors=True)
    started = time.perf_counter()
    process = subprocess.Popen(_command(config, out, figures), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise click.ClickException(f"the build failed with status {status}")
    return seconds, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _compare(config: Path, work: Path, runs: int) -> None:
    """The export stage against plain code, in turns, so that other load meets both."""
    composition = load_composition(str(config))
    gathered = gather(composition)
    ours, naive = [], []
    for _ in range(runs):
        for folder in (work / "ours", work / "naive"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        started = time.perf_counter()
        with Outputs(work / "ours") as outputs:
            write_records(gathered, composition, outputs, Statistics({}))
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        write_naive(gathered, composition, work / "naive")
        naive.append(time.perf_counter() - started)
    different = [name for name in record_files() if _content(work / "ours" / name) != _content(work / "naive" / name)]
    click.echo(
        f"export stage: {min(ours):.1f} s with checksums and counts; plain json, row by row: {min(naive):.1f} s "
        f"without (x {min(naive) / min(ours):.1f}); contents "
        f"{'differ: ' + ', '.join(different) if different else 'are the same'}"
    )


def _content(path: Path) -> Any:
    if not path.exists():
        return []
    if path.suffix == ".tsv":
        with open(path, newline="") as file:
            return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file, delimiter="\t")]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    return json.loads(path.read_bytes())


def _kill(config: Path, work: Path, kills: int, seconds: float) -> None:
    """Kill builds into one folder; nothing half-written may be seen, and the last must end like an undisturbed one."""
    whole, draw = _files(work / "out"), random.Random(0)
    out = work / "killed"
    for _ in range(kills):
        process = subprocess.Popen(_command(config, out, "--no-figures"), stdout=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.05, 1.1) * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = _files(out)
        wrong = [name for name in seen if seen[name] != whole[name]]
        if wrong or (MANIFEST in seen and seen.keys() != whole.keys()):
            raise click.ClickException(f"after a kill: {wrong or 'a manifest without its files'}")
    subprocess.run(_command(config, out, "--no-figures"), check=True, stdout=subprocess.DEVNULL)
    same = _files(out) == whole
    click.echo(
        f"killed {kills} times at random: nothing half-written was seen; the next build is "
        f"{'byte-identical' if same else 'DIFFERENT'}"
    )


def _files(folder: Path) -> dict[str, bytes]:
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    # What begins with a dot is a writer's own.
    return {name.as_posix(): (folder / name).read_bytes() for name in names if not any(p.startswith(".") for p in name.parts)}


if __name__ == "__main__":
    main()
