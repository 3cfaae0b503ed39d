"""Kill a training at random moments until it is through, and compare it with one that was not disturbed.

    python benchmarks/kill_resume.py [--kills 20] [--tune lora|projector|full] [--zero none|0|2|3] [--ranks 1]

Tiny random models on the real LLaVA code, a checkpoint every second step, so that a good part of the kills falls into
the writing of one. `kill -9` to all ranks at once. The exit code is 1 unless curve and final weights are equal.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.modes import MODES, prepare
from emollm_plugin.checkpoints.folders import step_of
from emollm_plugin.training.saving import complete_checkpoints
from tests.emollm_plugin.trainings import curve, finish, same, start, weights

STEPS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--tune", default="lora", choices=("lora", "projector", "full"))
    parser.add_argument("--zero", default="none", choices=("none", "0", "2", "3"))
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    how = {"zero": None if chosen.zero == "none" else chosen.zero, "ranks": chosen.ranks}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shared = prepare(root) | MODES[chosen.tune] | {"max_steps": STEPS, "logging_steps": 5}
        shared |= {"save_strategy": "steps", "save_steps": 2, "save_total_limit": 3}

        def arguments(out: Path) -> list[str]:
            return [part for key, value in {**shared, "output_dir": out}.items() for part in (f"--{key}", str(value))]

        calm = root / f"llava-{chosen.tune}"
        begun = time.monotonic()
        finish(arguments(calm), out=calm, **how)
        whole = time.monotonic() - begun
        out = root / "killed" / f"llava-{chosen.tune}"
        out.parent.mkdir()
        figures = kill_often(lambda: start(arguments(out), out=out, **how), out, chosen, whole)
        finish(arguments(out), out=out, **how)
        equal = curve(out) == curve(calm) and same(weights(out), weights(calm))
        print(f"{chosen.tune}, ZeRO {chosen.zero}, {chosen.ranks} rank(s), {STEPS} steps in {whole:.1f} s:", end=" ")
        print(", ".join(f"{count} {what}" for what, count in sorted(figures.items())), end="; ")
        print(f"curve ({len(curve(out))} points) and weights {'equal' if equal else 'DIFFER'}")
    return 0 if equal else 1


def kill_often(begin, out: Path, chosen, whole: float) -> Counter:
    """Kill `chosen.kills` times within the time that a whole run takes; counts what a kill left behind."""
    chance, figures = random.Random(chosen.seed), Counter()
    while figures["kills"] < chosen.kills:
        before = newest(out)
        training = begin()
        # Kills must not outrun progress, or the run would be through before they are spent.
        time.sleep(chance.uniform(0.2, 0.6) * whole)
        if all(process.exitcode is not None for process in training.processes):
            assert training.wait() == 0, training.tail()
            figures["runs that were through first, begun anew"] += 1
            shutil.rmtree(out)
            continue
        training.kill()
        figures["kills"] += 1
        figures["kills within a checkpoint's writing"] += any(out.glob(".partial*"))
        assert newest(out) >= before, f"lost a complete checkpoint: {before} -> {newest(out)}"
        incomplete = set(out.glob("checkpoint-*")) - set(complete_checkpoints(out))
        figures["half-written checkpoints under a final name"] += len(incomplete)
    return figures


def newest(out: Path) -> int:
    """The step of the last complete checkpoint, 0 without one."""
    return max(map(step_of, complete_checkpoints(out)), default=0)


if __name__ == "__main__":
    sys.exit(main())
