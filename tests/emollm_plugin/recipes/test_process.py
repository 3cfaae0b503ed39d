"""Programs of a run: their output is shown and kept, and their failure is told once, by its cause."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emollm_plugin.recipes import process
from emollm_plugin.recipes.process import Failed, reason, run_logged

ROOT = Path(__file__).parents[3]


def python(code):
    return [sys.executable, "-c", code]


def test_what_a_program_prints_is_shown_and_kept_behind_what_was_kept_before(tmp_path, capfdbinary):
    log = tmp_path / "train.log"
    for number in (1, 2):
        run_logged("training", python(f"import sys; print('run {number}'); sys.stderr.write('1/2\\r2/2\\n')"), log, {})
    assert sorted(capfdbinary.readouterr().out.split()) == [b"1", b"1/2", b"1/2", b"2", b"2/2", b"2/2", b"run", b"run"]
    kept = log.read_bytes()
    assert kept.index(b"\nrun 1\n") < kept.index(b"\nrun 2\n") and kept.count(b"1/2\r2/2\n") == 2


def test_a_refusal_is_said_once_and_ends_with_its_own_code(tmp_path, capfd):
    code = "import sys; print('before'); sys.stderr.write('error: DATA is bad; mend it\\n' * 2); sys.exit(2)"
    with pytest.raises(Failed) as caught:
        run_logged("training", python(code), tmp_path / "train.log", {})
    assert (caught.value.code, caught.value.line) == (2, "DATA is bad; mend it")
    shown = capfd.readouterr()
    assert "error:" not in shown.out + shown.err and "before" in shown.out
    assert "error: DATA is bad" in (tmp_path / "train.log").read_text()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full, which Linux has")
def test_a_log_that_the_disk_does_not_take_hides_no_reason(tmp_path):
    (tmp_path / "train.log").symlink_to("/dev/full")
    code = "import sys; print('x' * 100000); print('error: /run: no space left on the disk'); sys.exit(2)"
    with pytest.raises(Failed) as caught:
        run_logged("training", python(code), tmp_path / "train.log", {})
    assert caught.value.line == "/run: no space left on the disk"


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (["Traceback", "torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB"], 1, "2 GiB; `emollm plan` with"),
        (["[rank0]: ValueError: shapes", "[rank1]: torch.distributed.DistBackendError: NCCL"], 1, "ValueError: shapes"),
        (
            ["[rank0]: torch.AcceleratorError: CUDA error: no kernel image is available for"],
            1,
            "for this GPU: run `emollm doctor`",
        ),
        (["torch.distributed.DistNetworkError: failed to listen. name: EADDRINUSE"], 1, "name another MASTER_PORT; see"),
        (["[rank1]:[E] Watchdog caught collective operation timeout: Work", "ncclError: gone"], 1, "logs of all machines; see"),
        (
            ["ValueError: shapes", "[rank1]:[E] Watchdog caught collective operation timeout: Work"],
            1,
            "ValueError: shapes; see",
        ),
        (["RuntimeError: [enforce fail] No space left on device"], 1, "training failed: no space left on the disk of"),
        (["loading"], -9, "was killed (SIGKILL), as the system does when memory runs out; `emollm plan` with"),
        (["loading"], 247, "was killed"),
        (["loading"], 7, "failed with code 7; see"),
        (["ConnectionResetError: peer"], 1, "ConnectionResetError: peer"),
    ],
)
def test_the_last_line_names_the_cause(tmp_path, lines, code, said):
    line = reason("training", lines, code, tmp_path / "train.log")
    assert said in line and "\n" not in line


def test_a_full_disk_is_the_cause_where_no_program_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(process.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 0}))
    assert "no space left on the disk" in reason("training", ["SystemError: unknown"], 1, tmp_path / "train.log")


LAUNCHER = """
import sys
from pathlib import Path
from emollm_plugin.recipes.process import run_logged
run_logged("training", [sys.executable, "-c", sys.argv[1]], Path(sys.argv[2]), {})
"""
# As DeepSpeed's launcher does: a process that starts ranks, of which each says what it is.
STARTER = r"""
import os, subprocess, sys
rank = r'''
import os, time
from emollm_plugin.host.lifetime import end_with_the_launcher
end_with_the_launcher()
os.write(1, b"rank %d\n" % os.getpid())
time.sleep(300)
'''
ranks = [subprocess.Popen([sys.executable, "-c", rank]) for _ in range(2)]
os.write(1, b"starter %d\n" % os.getpid())
[rank.wait() for rank in ranks]
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the signal at a parent's death is Linux's")
@pytest.mark.parametrize("killed", ["launcher", "starter"])
def test_nothing_runs_on_after_kill_9(tmp_path, killed):
    log = tmp_path / "train.log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LAUNCHER, STARTER, str(log)]
    launcher = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = started(log)
    os.kill(launcher.pid if killed == "launcher" else found["starter"][0], signal.SIGKILL)
    launcher.wait(30)
    end = time.monotonic() + 10
    while any(map(alive, found["rank"] + found["starter"])):
        assert time.monotonic() < end, "a rank trains on"
        time.sleep(0.05)


def started(log):
    end = time.monotonic() + 60
    while True:
        words = [line.split() for line in (log.read_text().splitlines() if log.is_file() else [])]
        pairs = [pair for pair in words if len(pair) == 2 and pair[1].isdigit()]
        found = {name: [int(pid) for kind, pid in pairs if kind == name] for name in ("rank", "starter")}
        if len(found["rank"]) == 2 and found["starter"]:
            return found
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
