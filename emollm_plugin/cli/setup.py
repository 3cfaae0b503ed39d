"""`emollm setup`: the model stack and LLaVA for the environment that this runs in, where the wheel brings neither.

LLaVA's own pins cannot be met on today's machines, so no extra can name it: it is installed without them, on top of a stack.
What is installed already is kept as it is, or the whole is refused.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emobench_data.io.errors import InputError

STACKS = Path(__file__).parents[1] / "stacks"
PYTHONS = "pythons.txt"  # each stack with the oldest and the newest Python that it runs on
HOST = "host"
# Tools, of which a fresh environment has old ones; renewing them changes no program.
TOOLS = {"pip", "setuptools", "wheel"}
ANOTHER = "make an environment of its own: python3.11 -m venv DIR"


@dataclass(frozen=True)
class Plan:
    """What `emollm setup` has to do here: lines of requirements.

    Args:
        stack: its name.
        packages: of the stack, that are missing here.
        host: LLaVA and the small vision encoder, where missing; they go on top without what they ask for.
        pins: constraints: what is here stays, what comes is as locked.
    """

    stack: str
    packages: tuple[str, ...]
    host: tuple[str, ...]
    pins: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.packages or self.host)

    def __str__(self) -> str:
        here = f"environment {sys.prefix}, Python {sys.version_info[0]}.{sys.version_info[1]}, stack {self.stack}"
        if not self:
            return f"{here}: all is there, nothing to do"
        lines = [f"installs {', '.join(self.packages)}, and what these need, as locked"] if self.packages else []
        lines += [f"installs without what they ask for: {', '.join(self.host)}"] if self.host else []
        return "\n".join([f"{here}; no other package that is here changes", *lines])


def make_plan(stack: str, installed: dict[str, str], python: tuple[int, int] = sys.version_info[:2]) -> Plan:
    """What is missing for a stack.

    Args:
        stack: `current` or `classic`.
        installed: canonical name -> version of what is here.
        python: the version of this Python.

    Raises:
        InputError: the stack does not run on this Python, or a package is here in another version.
    """
    if wrong := wrong_python(stack, python):
        raise InputError(f"{wrong}; {ANOTHER}")
    packages, others = _missing(STACKS / f"{stack}.txt", installed)
    host, more = _missing(STACKS / f"{HOST}.txt", installed)
    if others or more:
        found = ", ".join([*others, *more])
        raise InputError(f"{sys.prefix} has {found}; nothing was changed; install what is wanted, or {ANOTHER}")
    kept = {name: version for name, version in installed.items() if name not in TOOLS}
    pins = [f"{name}=={version}" for name, version in kept.items()]
    pins += [str(one) for one in _lines(STACKS / f"{stack}.lock") if canonicalize_name(one.name) not in kept]
    return Plan(stack, tuple(packages), tuple(host), tuple(pins))


def wrong_python(stack: str, python: tuple[int, int]) -> str | None:
    """What is wrong with a Python for a stack, in words; None where the stack runs on it."""
    lines = (STACKS / PYTHONS).read_text(encoding="utf-8").splitlines()
    oldest, newest = next(line.split()[1:] for line in lines if line.startswith(f"{stack} "))
    if _numbers(oldest) <= python <= _numbers(newest):
        return None
    return f"Python {python[0]}.{python[1]}: the stack {stack} runs on Python {oldest} to {newest}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _missing(file: Path, installed: dict[str, str]) -> tuple[list[str], list[str]]:
    """Requirements that are not met, and what is here in another version, each in words."""
    missing, others = [], []
    for one in _lines(file):
        name = canonicalize_name(one.name)
        if name in installed and one.specifier.contains(installed[name], prereleases=True):
            continue
        missing.append(str(one))
        if name in installed and name not in TOOLS:
            others.append(f"{name} {installed[name]}, but {one} is wanted")
    return missing, others


def _lines(file: Path) -> Iterable[Requirement]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def installed_here() -> dict[str, str]:
    """Canonical name -> version of every package of this environment but our own."""
    found = {canonicalize_name(one.metadata["Name"]): one.version for one in distributions()}
    return {name: version for name, version in found.items() if name != "emollm-llava"}


def carry_out(plan: Plan, downloads: Path) -> None:
    """Install what a plan names, by pip.

    Args:
        downloads: wheels that lie there are taken before a registry's.

    Raises:
        InputError: there is no pip, or it fails; what it says stands before on stderr.
    """
    if find_spec("pip") is None:
        raise InputError(f"{sys.prefix} has no pip; run: python -m ensurepip, and then this again")
    with TemporaryDirectory() as folder:
        pins = Path(folder) / "constraints.txt"
        pins.write_text("\n".join(plan.pins) + "\n", encoding="utf-8")
        _install(plan.packages, ["--constraint", str(pins)], downloads)
        _install(plan.host, ["--no-deps"], downloads)


def _install(packages: tuple[str, ...], options: list[str], downloads: Path) -> None:
    if not packages:
        return
    found = ["--find-links", str(downloads)] if downloads.is_dir() else []
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *found, *options, *packages]
    if subprocess.run(command, check=False).returncode:
        way_out = f"see above; without a network put the wheels into {downloads}; where versions clash, {ANOTHER}"
        raise InputError(f"pip could not install {', '.join(packages)}: {way_out}")
