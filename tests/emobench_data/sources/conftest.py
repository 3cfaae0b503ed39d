"""A file of any content, and the made-up copy of a data set."""

from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture
def file(tmp_path):
    def write(content, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def copy(name, tmp_path) -> Path:
    module = import_module(f"{__package__}.test_{name}")
    if not hasattr(module, "build"):
        pytest.skip(f"test_{name}.py has no build()")
    module.build(tmp_path)
    return tmp_path
