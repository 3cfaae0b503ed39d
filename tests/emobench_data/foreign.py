"""Small packages of somebody else's: the one of `docs/extending.md`, and one of a module as an installer leaves it."""

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
NAMES = "Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n"


def page_files() -> dict[str, str]:
    """Name -> text of the files of `docs/extending.md`."""
    page = (REPOSITORY / "docs/extending.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE))


def install_page(folder: Path) -> Path:
    """The package of these files as `pip install` builds and installs it, without a network; where it lies then."""
    source, site = folder / "emotion_extras", folder / "site"
    source.mkdir()
    for name, text in page_files().items():
        (source / name).write_text(text)
    alone = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *alone, "--target", str(site), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


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
