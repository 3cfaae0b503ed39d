"""The benchmark of scale runs, over all data sets at once, and its plain code writes the same contents."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_benchmark(tmp_path):
    command = [sys.executable, "benchmarks/emobench_scale.py", "--records", "2000", "--runs", "1", "--kill", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--folder", tmp_path], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "contents are the same" in done.stdout and "byte-identical" in done.stdout
    assert list(tmp_path.iterdir()) == []
