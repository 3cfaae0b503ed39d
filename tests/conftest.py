"""Fixtures that more than one test file needs."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from .emobench_data.foreign import install_page

ROOT = Path(__file__).parents[1]
FINETUNE = ROOT / "scripts" / "finetune_emollm.sh"
STACK = "current" if int(version("transformers").split(".")[0]) >= 5 else "classic"


def bash(*command, cwd=ROOT, **environment):
    """Run a script as a user would, on the stack at hand and without a GPU; keywords are its settings.

    Always in float32: a CPU without kernels for bfloat16 would take minutes for a step of the real small models.
    """
    settings = {**os.environ, "STACK": STACK, "DEVICE": "cpu", "EMOLLM_CPU_DTYPE": "float32"} | {
        key: str(value) for key, value in environment.items()
    }
    return subprocess.run(["bash", *map(str, command)], cwd=cwd, env=settings, capture_output=True, text=True, timeout=900)


def pytest_collection_modifyitems(items):
    """Files with whole runs first: at the end one of them would leave a core idle."""
    long = {item.path for item in items if item.get_closest_marker("e2e")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Settings that reduce the default run."""
    root = tmp_path_factory.mktemp("small")
    size = {"MINI_TRAIN": 24, "MINI_TEST": 12, "MAX_STEPS": 2, "BATCH": 4, "GLOBAL_BATCH": 4, "ALIGN": 3}
    return {**size, "DATA_DIR": root / "data", "RUN_DIR": root / "run"}


@pytest.fixture(scope="session")
def first_run(small):
    """README's first command, reduced: trained and evaluated once for all tests that ask what it leaves."""
    done = bash(FINETUNE, **small)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.fixture(scope="session")
def extras(tmp_path_factory):
    """Where the package of docs/extending.md is installed."""
    return install_page(tmp_path_factory.mktemp("extras"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets, which is no part of the repository; a test that needs it is skipped without."""
    folder = Path(os.environ.get("EMOLLM_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set EMOLLM_SHARED_DATA)")
    return folder
