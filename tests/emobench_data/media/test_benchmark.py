"""The benchmark of the media check runs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_benchmark():
    command = [sys.executable, "benchmarks/media_check.py", "--count", "60", "--side", "60"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("60 pictures") and "second check" in done.stdout and "signature" in done.stdout
