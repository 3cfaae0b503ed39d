"""The Pythons of this machine, for tests that install the wheel on each Python that it is for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from .pages import ROOT

_OLDEST, _AFTER = re.search(r"python_requires = >=3\.(\d+),<3\.(\d+)", (ROOT / "setup.cfg").read_text()).groups()
MINORS = range(int(_OLDEST), int(_AFTER))


def find_python(minor: int) -> str | None:
    """A Python 3.`minor` that can make environments: this one, one on PATH, or one of pyenv's."""
    name = f"python3.{minor}"
    found = sys.executable if sys.version_info[:2] == (3, minor) else shutil.which(name)
    candidates = [found, *map(str, sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}")))]
    return next((one for one in candidates if one and _works(one, minor)), None)


def _works(python: str, minor: int) -> bool:
    """On PATH may lie a name that starts nothing (pyenv's), or a Python without the modules for environments (Debian's)."""
    asked = f"import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return subprocess.run([python, "-c", asked], capture_output=True).returncode == 0
