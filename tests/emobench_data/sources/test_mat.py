"""MATLAB files."""

import sys
from importlib.util import find_spec
from subprocess import CompletedProcess

import numpy as np
import pytest

from emobench_data.io.errors import InputError
from emobench_data.sources import _files as files


def test_mat_file(tmp_path):
    io = pytest.importorskip("scipy.io", reason="MATLAB files need scipy")
    cells = np.empty((1, 2), dtype=object)
    cells[0] = ["né", np.array([[2.5, np.nan]])]
    io.savemat(tmp_path / "a.mat", {"x": np.eye(2), "y": "text", "s": {"b": 1, "a": cells}, "other": 1})
    assert files.read_mat(tmp_path / "a.mat", ["x", "y", "s", "z"]) == {
        "x": [1, 0, 0, 1],
        "y": ["text"],
        "s": [[[1], [["né"], [2.5, None]]]],
    }


def test_mat_file_without_scipy_and_of_another_kind(file, monkeypatch):
    path = file(b"not a matlab file" * 100)
    if find_spec("scipy"):
        with pytest.raises(InputError, match="file.txt: not a valid MATLAB file .ValueError: "):
            files.read_mat(path, ["x"])
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(InputError, match=r"needs scipy; pip install scipy"):
        files.read_mat(path, ["x"])


def test_mat_file_that_crashes_the_reader(file, monkeypatch):
    pytest.importorskip("scipy.io", reason="MATLAB files need scipy")
    monkeypatch.setattr(files.subprocess, "run", lambda *_, **__: CompletedProcess([], -11, b"", b""))
    with pytest.raises(InputError, match="not a valid MATLAB file .it crashes the reader.; download it again"):
        files.read_mat(file(b"x"), ["x"])
