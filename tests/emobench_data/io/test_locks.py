"""One process writes into a folder at a time; the others wait, and say so."""

import errno
import fcntl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emobench_data.io.locks import LOCK, locked

ROOT = Path(__file__).parents[3]
COUNTS = """
import sys, time
from pathlib import Path
from emobench_data.io.locks import locked
folder = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with locked(folder):
        file = folder / "count"
        value = int(file.read_text()) if file.exists() else 0
        time.sleep(0.002)
        file.write_text(str(value + 1))
"""
HOLDS = """
import sys, time
from pathlib import Path
from emobench_data.io.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def start(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_no_two_are_in_at_once_however_often_the_lock_is_made_and_removed(tmp_path):
    running = [start(COUNTS, tmp_path / "a/b", 20) for _ in range(4)]
    assert [one.wait(60) for one in running] == [0] * 4
    assert (tmp_path / "a/b/count").read_text() == "80"
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["count"]


def test_who_waits_says_so_and_a_killed_holder_holds_nothing(tmp_path):
    holder = start(HOLDS, tmp_path, 60)
    assert holder.stdout.readline() == "held\n"
    waiting = start(HOLDS, tmp_path, 0)
    assert "another process writes to" in waiting.stderr.readline()
    time.sleep(0.1)
    assert waiting.poll() is None
    holder.kill()
    assert waiting.wait(30) == 0
    holder.wait()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("existed", [True, False])
def test_after_an_error_a_folder_is_there_if_it_was(tmp_path, existed):
    out = tmp_path / "out"
    if existed:
        out.mkdir()
    with pytest.raises(RuntimeError), locked(out):
        raise RuntimeError
    assert out.exists() == existed


def test_a_file_system_without_locks_is_named_and_worked_on(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()
    assert "has no locks" in caplog.text
