"""The GPU's pieces: in order, within the budget, each once, and none outlives who began it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from benchmarks import gpu
from benchmarks.gpu import Piece

ROOT = Path(gpu.__file__).parents[1]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function: what the program prints, with these pieces and words."""

    def go(pieces, *words):
        monkeypatch.setattr(gpu, "pieces", lambda given: pieces)
        monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", "cpu", "--rows", str(tmp_path / "rows.jsonl"), *words])
        gpu.main()
        return capsys.readouterr().out

    return go


def says(text, seconds=0):
    return ["-c", f"import time; time.sleep({seconds}); print({text!r})"]


def test_a_piece_that_is_through_is_a_row_and_is_not_run_again(run, tmp_path):
    pieces = [Piece("one", says("first")), Piece("two", ["-c", "raise SystemExit(3)"]), Piece("three", says("third"))]
    said = run(pieces)
    assert said.index("first") < said.index("failed with 3: two") < said.index("third")
    rows = [orjson.loads(line) for line in (tmp_path / "rows.jsonl").read_bytes().splitlines()]
    assert [(row["piece"], row["output"], row["made_on"]["device"]) for row in rows] == [
        ("one", "first\n", "cpu"),
        ("three", "third\n", "cpu"),
    ]
    again = run(pieces)
    assert "one:" not in again and "failed with 3: two" in again
    assert "## three" in run(pieces, "--report")


def test_what_the_budget_ends_is_no_row(run, tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "SHORTEST", 0.5)
    start = time.monotonic()
    said = run([Piece("long", says("never", 60)), Piece("next", says("never"))], "--budget-s", "2")
    assert time.monotonic() - start < 20
    assert "ended by the budget after 2 s: long" in said and "the budget is spent before: next" in said
    assert not (tmp_path / "rows.jsonl").exists()


def test_a_piece_without_its_data_is_passed_over(run):
    assert "passed over, without --data-root: quality" in run([Piece("quality", says("never"), ("data_root",))])


def test_a_piece_ends_with_the_program_that_began_it(tmp_path):
    inner = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    code = (
        "import sys; from benchmarks import gpu\n"
        f"gpu.pieces = lambda given: [gpu.Piece('long', ['-c', {inner!r}, {str(tmp_path / 'id')!r}])]\n"
        f"sys.argv = ['gpu.py', '--device', 'cpu', '--rows', {str(tmp_path / 'rows')!r}]\n"
        "gpu.main()"
    )
    program = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)
    child = wait_for(lambda: int((tmp_path / "id").read_text() or 0))
    program.send_signal(signal.SIGKILL)
    program.wait()
    wait_for(lambda: not alive(child))


def wait_for(question, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := question():
                return found
        except (FileNotFoundError, ValueError):
            pass
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def alive(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z" and os.path.exists(f"/proc/{process}")


def test_every_piece_is_a_program_that_is_there():
    given = gpu.argparse.Namespace(
        device="cpu", shapes="default", checkpoint=Path("c"), questions=Path("q"), images=Path("i"), data_root=Path("d"),
        rows=Path("rows.jsonl"),
    )  # fmt: skip
    for piece in gpu.pieces(given):
        first = str(piece.words[0])
        assert first == "-m" or (ROOT / first).is_file(), piece.name
        assert all(word is not None for word in piece.words)
