"""`emollm eval --engine vllm`: an exported folder served on this machine while its questions are asked."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from emobench_data.io.errors import InputError

from ..checkpoints.folders import read_folder
from ..projector.options import ProjectorOptions
from .endpoint import Server

PYTHON = "EMOLLM_VLLM_PYTHON"  # names the Python of the environment that vLLM is in, where it is not this one's
MODULE = "vllm.entrypoints.openai.api_server"
READY = 1200  # seconds, for a large model
# What an error says, behind the process's name, time and place. The engine's own last one tells only that there was another.
ERRORS = re.compile(r"^(?:\(.*?\) )?(?:ERROR [\d: -]+\[.*?\] )?(\w*(?:Error|error): .*)$", re.MULTILINE)


@contextmanager
def vllm_server(folder: Path, options: tuple[str, ...] = ()) -> Iterator[Server]:
    """Serve the exported `folder` with vLLM on a free port of this machine, until the block ends.

    Args:
        options: of vLLM's own server, such as `--tensor-parallel-size=2`.

    Raises:
        InputError: `folder` is no export, vLLM is not installed, or it ends before it serves.
    """
    server = describe(folder)
    python = os.environ.get(PYTHON, sys.executable)
    _check_vllm(python)
    port = _free_port()
    command = [
        python,
        "-m",
        MODULE,
        "--model",
        str(folder.resolve()),
        "--served-model-name",
        server.model,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--trust-remote-code",
        "--limit-mm-per-prompt",
        f'{{"image": {max(1, server.frames)}}}',
        *_as_trained(folder),
        *options,
    ]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+", prefix="emollm-vllm-") as log:
        # Of its own group, since it starts processes itself; not in this clone, whose packages are not its own.
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=tempfile.gettempdir(), start_new_session=True
        )
        try:
            _wait(process, f"{url}/health", log)
            yield replace(server, url=f"{url}/v1")
        finally:
            _end(process)


def describe(folder: Path) -> Server:
    """How an exported folder is asked, without where it is served.

    Raises:
        InputError: it is no export, or one that reads across frames, which a server does not hand over.
    """
    from transformers import AutoTokenizer

    from ..prompt.plain import plain
    from . import auto  # noqa: F401  transformers then does not ask whether it may run the folder's own code
    from .importing import KINDS

    config = read_folder(folder).config if folder.is_dir() else {}
    llava = config.get("llava")
    if config.get("model_type") not in KINDS or not isinstance(llava, dict):
        raise InputError(f"{folder} is no exported model; write one: emollm export {folder} --out FOLDER")
    projector = str(llava.get("mm_projector_type", ""))
    own = ProjectorOptions.of(projector)
    if own and "change" in own.perspectives:
        alone = "reads across the frames of a clip, of which a server gets each alone"
        raise InputError(f"{folder} {alone}; use `emollm eval` without --engine")
    frames = (own or ProjectorOptions()).frames if llava.get("emollm_clips") else 0
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pictures = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))["image_processor"]
    side = (pictures.get("crop_size") or pictures["size"])["height"]
    return Server("", folder.resolve().name, frames, partial(plain, tokenizer=tokenizer), side)


def _as_trained(folder: Path) -> list[str]:
    """The number format of an exported folder, for which vLLM takes another where it is float32, and its longest text."""
    config = read_folder(folder).config
    longest = config["llava"].get("tokenizer_model_max_length")
    return [
        *(["--dtype", config["dtype"]] if config.get("dtype") else []),
        *(["--max-model-len", str(longest)] if isinstance(longest, int) else []),
    ]


def _check_vllm(python: str) -> None:
    try:
        code = "import importlib.util as u; raise SystemExit(u.find_spec('vllm') is None)"
        found = subprocess.run([python, "-c", code], timeout=120)
    except OSError as error:
        way_out = "name the Python of vLLM's environment"
        raise InputError(f"{PYTHON}={python} cannot be started ({error.strerror}); {way_out}") from error
    if found.returncode:
        way_out = "make its environment with EXTRA=vllm bash scripts/setup.sh"
        raise InputError(f"{python} has no vLLM; {way_out}, and name its Python in {PYTHON}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait(process: subprocess.Popen, url: str, log: Any) -> None:
    end = time.monotonic() + READY
    while time.monotonic() < end:
        if process.poll() is not None:
            log.seek(0)
            said = root_cause(log.read()) or f"code {process.returncode}"
            raise InputError(f"vLLM ended before it served: {said:.500}; hand its settings on by --engine-option=--NAME=VALUE")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise InputError(f"vLLM does not serve after {READY} s; start it by hand and evaluate with --endpoint")


def root_cause(log: str) -> str | None:
    """What the first error in a server's log says, None where it has none."""
    found = ERRORS.search(log)
    return found and found[1].strip()


def _end(process: subprocess.Popen) -> None:
    """Ask the server to end, as Ctrl+C does, and end it and what it started if it does not."""
    import signal

    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
