"""Programs of a run: what they print is shown and kept, why they failed is said once, and they end with the launcher."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from ..host.lifetime import ending_with_us, mark
from ..training.full_memory import WAY_OUT

logger = logging.getLogger(__name__)

QUIET = {"TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
REFUSED = b"error: "
TAIL = 400  # lines of a program that its failure is looked for in
TIMEOUT = "Watchdog caught collective operation timeout"
# In PyTorch's words what a machine lacks, without a way out -> that.
WAYS_OUT = {
    "out of memory": WAY_OUT,
    "EADDRINUSE": "another program has this port: name another MASTER_PORT",
    "no kernel image is available": "this PyTorch has no code for this GPU: run `emollm doctor`",
    TIMEOUT: "one rank waited for another in vain: look for the first error in the logs of all machines",
}
FULL = 1 << 20  # bytes that are left on a disk that was filled
RAISED = re.compile(r"^(?:\[rank\d+\]: *)?((?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)\b.*)")
# What ranks say whose neighbour has gone: not the cause.
FOLLOWS = re.compile(r"gloo|nccl|DistBackend|DistNetwork|Connection|Broken ?pipe|ChildFailed", re.IGNORECASE)


class Failed(Exception):
    """A program of the run failed.

    Args:
        code: the exit code to end with.
        line: why, in one line; None where the program has said so itself.
    """

    def __init__(self, code: int, line: str | None) -> None:
        super().__init__(line)
        self.code, self.line = (128 - code if code < 0 else code), line


def say(words: str) -> None:
    """Tell the user, on standard output, what is done."""
    click.echo(f"== {words}")


def run_plain(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a program that shows what it does and says itself why it failed; raises `Failed`."""
    with _start(command, environment) as process:
        code = process.wait()
    if code:
        raise Failed(code, None)


def answer_of(command: Sequence[str]) -> str:
    """What a program prints on standard output; raises `Failed`, the program having said why."""
    with _start(command, None, stdout=subprocess.PIPE) as process:
        answer = process.communicate()[0].decode()
    if process.returncode:
        raise Failed(process.returncode, None)
    return answer.strip()


def run_logged(what: str, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
    """Run a program, show its output and add it to `log`.

    Args:
        what: the program's work in a word, for the line that says it failed.

    Raises:
        Failed: it did; the line names the cause.
    """
    tail: deque[str] = deque(maxlen=TAIL)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab", buffering=0) as file:
        keep = _Keeper(file)
        keep.write(_headline(command))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with _start(command, {**QUIET, **environment}, **pipes) as process:
            try:
                for line in _lines(process.stdout):
                    keep.write(line)
                    tail.append(line.decode("utf-8", "replace").rstrip())
                    if not line.startswith(REFUSED):  # that one is said in the end
                        click.echo(line, nl=False)
            except BaseException:
                process.terminate()
                raise
    if process.returncode:
        raise Failed(process.returncode, reason(what, tail, process.returncode, log))


def run_beside(what: str, programs: Sequence[tuple[Sequence[str], Path, Mapping[str, str]]]) -> None:
    """Run programs at the same time, each with its log and environment as of `run_logged`, and wait for all.

    Only one that is alone shows its output: several would write over one another.

    Raises:
        Failed: one did; the line names the cause.
    """
    if len(programs) == 1:
        run_logged(what, *programs[0])
        return
    started: list[tuple[subprocess.Popen, Path, int]] = []
    try:
        for command, log, environment in programs:
            with open(log, "ab") as file:
                file.write(_headline(command))
                pipes = {"stdout": file, "stderr": subprocess.STDOUT}
                file.flush()
                started.append((_start(command, {**QUIET, **environment}, **pipes), log, file.tell()))
        codes = [process.wait() for process, _, _ in started]
    except BaseException:
        for process, _, _ in started:
            process.terminate()
        raise
    for code, (_, log, begin) in zip(codes, started):
        if code:
            tail = log.read_bytes()[begin:].decode("utf-8", "replace").splitlines()[-TAIL:]
            raise Failed(code, reason(what, tail, code, log))


def _headline(command: Sequence[str]) -> bytes:
    return f"== {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z} {shlex.join(map(str, command))}\n".encode()


def _start(command: Sequence[str], environment: Mapping[str, str] | None, **pipes: Any) -> subprocess.Popen:
    whole = {**os.environ, **(environment or {})}
    mark(whole)
    return subprocess.Popen(list(map(str, command)), env=whole, preexec_fn=ending_with_us(), **pipes)


class _Keeper:
    """Writes a log for as long as the disk takes it: a full one must not end the training, nor hide why it ended."""

    def __init__(self, file: BinaryIO) -> None:
        self.file: BinaryIO | None = file

    def write(self, line: bytes) -> None:
        if self.file is None:
            return
        try:
            self.file.write(line)
        except OSError as error:
            logger.warning("%s: cannot be written any more (%s)", self.file.name, error.strerror)
            self.file = None


def _lines(stream: Any) -> Iterator[bytes]:
    """Lines as they come; what a progress bar writes over is one too."""
    rest = b""
    while chunk := os.read(stream.fileno(), 1 << 16):
        *lines, rest = _cut(rest + chunk)
        yield from lines
    if rest:
        yield rest


def _cut(data: bytes) -> list[bytes]:
    lines = data.splitlines(keepends=True)
    # A carriage return at the end may be half of a line's end.
    return lines if lines and not lines[-1].endswith(b"\n") else [*lines, b""]


def reason(what: str, tail: Sequence[str], code: int, log: Path) -> str:
    """Why a program failed, in one line, from the last lines that it printed."""
    refused = [line for line in tail if line.startswith(REFUSED.decode())]
    if refused:
        return refused[-1][len(REFUSED) :]
    free = f"{what} failed: no space left on the disk of {log.parent}; free some, then the same command goes on"
    if any(os.strerror(28) in line for line in tail) or shutil.disk_usage(log.parent).free < FULL:
        return free
    raised = [match[1] for line in tail if (match := RAISED.match(line))]
    causes = [line for line in raised if not FOLLOWS.search(line)] or [line for line in tail if TIMEOUT in line] or raised
    if causes:
        way_out = "".join(f"{known}; " for words, known in WAYS_OUT.items() if words in causes[-1])
        return f"{what} failed: {causes[-1]:.300}; {way_out}see {log}"
    if code in (-9, 137, 247):
        return f"{what} was killed (SIGKILL), as the system does when memory runs out; {WAY_OUT}; see {log}"
    return f"{what} failed with code {code}; see {log}"
