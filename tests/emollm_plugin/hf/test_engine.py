"""What is said of an engine that does not come up."""

import sys

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.hf import engine

LOG = """\
(APIServer pid=1) INFO 11-29 01:44:13 [api.py:1] starting
(Worker pid=3) ERROR 11-29 01:44:51 [exec.py:953] Traceback (most recent call last):
(Worker pid=3) ERROR 11-29 01:44:51 [exec.py:953] ValueError: less memory is free than is asked for
(EngineCore pid=2) ERROR 11-29 01:44:55 [core.py:1510] RuntimeError: see above
RuntimeError: Engine core initialization failed. See root cause above.
"""


def test_the_first_error_is_told_and_not_the_last():
    assert engine.root_cause(LOG) == "ValueError: less memory is free than is asked for"
    assert engine.root_cause("all is well") is None


def test_a_server_that_ends_says_why(tmp_path, monkeypatch):
    (tmp_path / "vllm").mkdir()
    (tmp_path / "vllm/__init__.py").write_text(f"print({LOG!r}); raise SystemExit(3)")
    (tmp_path / "vllm/__main__.py").write_text("")
    monkeypatch.setattr(engine, "MODULE", "vllm")
    monkeypatch.setattr(engine, "describe", lambda folder: engine.Server("", "name", 0, str))
    monkeypatch.setattr(engine, "_as_trained", lambda folder: [])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(engine.PYTHON, sys.executable)
    said = "ended before it served: ValueError: less memory .*--engine-option"
    with pytest.raises(InputError, match=said), engine.vllm_server(tmp_path):
        raise AssertionError("it does not serve")
