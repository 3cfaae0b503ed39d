"""The benchmark of speed runs, and every way that it compares gives the same frames."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .clips import make

ROOT = Path(__file__).parents[4]


@pytest.mark.slow
def test_the_benchmark(tmp_path):
    pytest.importorskip("decord")
    make(tmp_path / "a.mp4")
    make(tmp_path / "b.mkv", greys=range(60))
    command = [sys.executable, "benchmarks/video.py", "--clips", str(tmp_path), "--runs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "loader, later epochs" in done.stdout and "50.0 % of 4 clips came from it" in done.stdout
