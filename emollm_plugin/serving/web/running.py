"""`emollm serve`: the page and the endpoint of one checkpoint, running."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

import click

from emobench_data.io.errors import InputError

from .guard import LIMIT, Guard
from .look import look
from .page import make_page
from .routes import routes

if TYPE_CHECKING:
    import gradio

WAITING = 16  # askers of the page that may wait their turn


def require_gradio() -> None:
    """Raise `InputError` where Gradio is not installed."""
    if find_spec("gradio") is None:
        raise InputError("emollm serve needs Gradio, which is not installed: pip install 'gradio>=6.31,<7'")


def serve(
    predictor: Any, *, model: str, labels: Sequence[str] | None, host: str, port: int | None, names: Sequence[str] = ()
) -> None:
    """Answer on `http://host:port/` until the process is ended; without `port`, on the first free one from 7860 on.

    Args:
        model: the name that clients of the endpoint know the model by.
        labels: default: those that the model was trained on.
        names: by which others reach this machine, beside its addresses, `localhost` and its own name.

    Raises:
        InputError: the address is taken.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes, with the uploads in it
    with TemporaryDirectory(prefix="emollm-serve-") as folder:
        os.environ |= {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
        page, address = start(predictor, model, labels, host, port, names)
        click.echo(address)
        click.echo(f"OpenAI-compatible: {address.rstrip('/')}/v1, model {model}", err=True)
        page.block_thread()


def start(
    predictor: Any, model: str, labels: Sequence[str] | None, host: str, port: int | None, names: Sequence[str] = ()
) -> tuple[gradio.Blocks, str]:
    """The running page and its address; uploads go to the folder that `GRADIO_TEMP_DIR` names."""
    from starlette.middleware import Middleware

    turn = Lock()  # one is answered at a time, from the page or not
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    page = make_page(predictor, labels, turn, folder / "examples")
    known = {name.lower() for name in (*names, host, "localhost", socket.gethostname(), socket.getfqdn())}
    guard = Middleware(Guard, names=known, folder=folder)
    try:
        _, address, _ = page.queue(max_size=WAITING, default_concurrency_limit=1).launch(
            server_name=host,
            server_port=port,
            share=False,
            inbrowser=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size=LIMIT,
            allowed_paths=[],
            enable_monitoring=False,
            ssr_mode=False,
            run_history=False,
            mcp_server=False,
            pwa=False,
            footer_links=[],
            **look(),
            app_kwargs={"middleware": [guard], "routes": routes(predictor, model, turn, folder)},
        )
    except OSError as error:
        raise InputError(f"{host}, port 7860 and on: cannot be listened on; give another --port or --host") from error
    return page, address


def check_port(host: str, port: int | None) -> None:
    """Raise `InputError` where something listens there already, or no one may; None is the first that is free."""
    try:
        socket.create_server((host, port or 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        place = f"{host}, port {port}" if port else host
        raise InputError(f"{place}: cannot be listened on ({why}); give another --port or --host") from error
