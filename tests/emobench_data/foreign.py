"""A small package of somebody else's, as an installer leaves it: a module, and a dist-info that says what it adds."""

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
NAMES = "Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n"


def example(name: str) -> str:
    """The code of `docs/extending.md` that stands under this name there."""
    page = (REPOSITORY / "docs/extending.md").read_text(encoding="utf-8")
    return re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", page, flags=re.DOTALL)[1]


def install(folder: Path, code: str, points: dict[str, dict[str, str]]) -> Path:
    """Write the package `strangers` to `folder`: group -> name -> what in its module."""
    info = folder / "strangers-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "strangers.py").write_text(code)
    (info / "METADATA").write_text(NAMES)
    lines = [line for group, own in points.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in own.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def run(package: Path, *arguments: object) -> subprocess.CompletedProcess:
    """`python ARGUMENTS...` where the package is installed."""
    path = os.pathsep.join((str(package), str(REPOSITORY)))
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
