"""Work in several processes: a death is told, and none outlives the run."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from benchmarks.quality.workers import workers
from emobench_data.io.errors import InputError


def power(own, item):
    return item**own


def die(own, item):
    os._exit(3)


def fail(own, item):
    if item == 1:
        raise InputError("the first")
    time.sleep(0.05)  # so that the first, whose process may be slow to begin, fails while there is work left
    return item


def sleep(own, item):
    Path(item).write_text(str(os.getpid()))
    time.sleep(120)


def test_each_item_is_worked_on_once_with_what_the_process_made():
    for jobs in (1, 2):
        with workers(jobs, partial(int, "3"), 3) as each:
            assert sorted(each(power, [1, 2, 3, 4])) == [1, 8, 27, 64]


def test_a_process_that_dies_is_one_line():
    with pytest.raises(InputError, match="a process died"), workers(2, partial(int, "3"), 3) as each:
        list(each(die, [1]))


def test_after_a_fault_what_runs_beside_it_is_kept_and_no_more_begun():
    kept = []
    with pytest.raises(InputError, match="the first"), workers(2, partial(int, "3"), 3) as each:
        for item in each(fail, range(1, 400)):
            kept.append(item)
    assert len(kept) < 398


def test_a_killed_run_leaves_no_process_behind(tmp_path):
    pid = str(tmp_path / "pid")
    code = (
        "from functools import partial; from benchmarks.quality.workers import workers;"
        "from tests.benchmarks.test_quality_workers import sleep\n"
        f"if __name__ == '__main__':\n with workers(2, partial(int, '3'), 3) as each: list(each(sleep, [{pid!r}]))"
    )
    (tmp_path / "run.py").write_text(code)
    run = subprocess.Popen(
        [sys.executable, str(tmp_path / "run.py")], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    )
    pid = _soon(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text())
    run.kill()
    run.wait()
    assert _soon(lambda: not _alive(int(pid)))


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.is_file() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _soon(said):
    for _ in range(300):
        if found := said():
            return found
        time.sleep(0.1)
