"""`emollm serve`: a small page for what `emollm ask` does. What comes in over the network is trusted in nothing."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import click

from emobench_data.io.errors import InputError
from emobench_data.media.video import SUFFIXES
from emobench_data.media.video.stills import FRAME_SUFFIXES

if TYPE_CHECKING:
    import gradio

LIMIT = 50 * 2**20  # bytes of a picture or clip
TOTAL = 1000 * 2**20  # bytes of all that is kept
LONGEST = 2000  # characters of a question
WAITING = 16  # requests that may wait their turn; one is answered at a time
KEPT = 600  # seconds that uploads are kept
UPLOAD = "/gradio_api/upload"
# All that the page and Gradio's client ask for. Gradio has more, such as routes that fetch a web address.
ROUTES = (
    "/config",
    "/assets/",
    "/static/",
    "/svelte/",
    "/theme.css",
    "/favicon.ico",
    "/manifest.json",
    "/pwa_icon",
    "/robots.txt",
    "/gradio_api/info",
    UPLOAD,
    "/gradio_api/queue/",
    "/gradio_api/call/",
    "/gradio_api/file=/",
    "/gradio_api/heartbeat/",
    "/gradio_api/startup-events",
    "/gradio_api/app_id",
    "/gradio_api/theme.css",
    "/gradio_api/reset",
    "/gradio_api/cancel",
)


def require_gradio() -> None:
    """Raise `InputError` where Gradio is not installed."""
    if find_spec("gradio") is None:
        raise InputError("emollm serve needs Gradio, which is not installed: pip install 'gradio>=6.31,<7'")


def serve(predictor: Any, *, labels: Sequence[str] | None, host: str, port: int | None, names: Sequence[str] = ()) -> None:
    """Answer on `http://host:port/` until the process is ended; without `port`, on the first free one from 7860 on.

    Args:
        labels: default: those that the model was trained on.
        names: by which others reach this machine, beside its addresses, `localhost` and its own name.

    Raises:
        InputError: the address is taken.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes, with the uploads in it
    with TemporaryDirectory(prefix="emollm-serve-") as folder:
        os.environ |= {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
        page, address = start(predictor, labels, host, port, names)
        click.echo(address)
        page.block_thread()


def start(
    predictor: Any, labels: Sequence[str] | None, host: str, port: int | None, names: Sequence[str] = ()
) -> tuple[gradio.Blocks, str]:
    """The running page and its address; uploads go to the folder that `GRADIO_TEMP_DIR` names."""
    import gradio
    from starlette.middleware import Middleware

    page = make_page(predictor, labels)
    known = {name.lower() for name in (*names, host, "localhost", socket.gethostname(), socket.getfqdn())}
    guard = Middleware(Guard, names=known, folder=Path(os.environ["GRADIO_TEMP_DIR"]))
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
            theme=gradio.themes.Base(font="sans-serif"),
            app_kwargs={"middleware": [guard]},
        )
    except OSError as error:
        place = f"{host}, port {port or '7860 and on'}"
        raise InputError(f"{place}: cannot be listened on ({error}); give another --port") from error
    return page, address


def make_page(predictor: Any, labels: Sequence[str] | None) -> gradio.Blocks:
    """The page, not yet running."""
    import gradio

    from .ask import learned

    about = "# EmoLLM\nWhich emotion does a picture or clip show or evoke? A model answers, often wrongly. "
    with gradio.Blocks(analytics_enabled=False, title="EmoLLM", delete_cache=(KEPT, KEPT)) as page:
        gradio.Markdown(f"{about}It was trained on: {learned(predictor.model.config)}.")
        with gradio.Row():
            with gradio.Column():
                medium = gradio.File(label="Picture or clip", file_types=[*FRAME_SUFFIXES, *SUFFIXES], type="filepath")
                question = gradio.Textbox(label="A question of your own (optional)", max_length=LONGEST)
                button = gradio.Button("Ask", variant="primary")
                seen = gradio.Image(label="What the model sees", interactive=False, buttons=[])
            with gradio.Column():
                fault = gradio.Markdown()
                emotion = gradio.Label(label="Emotion")
                rationale = gradio.Textbox(label="Why", interactive=False, lines=4)
                own = gradio.Textbox(label="Answer to your question", interactive=False)
        # Errors are values: one that is raised stays on the page, above what is uploaded and answered later.
        shown = [fault, seen, emotion, rationale, own]
        medium.change(lambda path: preview(predictor, path), [medium], shown, api_name="preview")
        button.click(lambda path, text: answer(predictor, path, text, labels), [medium, question], shown, api_name="ask")
    # `setattr`, since of this one component a method is replaced.
    setattr(medium, "async_move_resource_to_block_cache", _local_only(medium.async_move_resource_to_block_cache))  # noqa: B010
    return page


def preview(predictor: Any, path: str | None) -> tuple[Any, ...]:
    """What the model will see of an upload, and nothing else: no error and no answer of an earlier one."""
    if not path:
        return "", None, None, "", ""
    file = Path(path).resolve()
    try:
        return "", predictor.eyes.show(predictor.eyes.open(file)), None, "", ""
    except InputError as error:
        return _said(error, file), None, None, "", ""


def answer(predictor: Any, path: str | None, question: str | None, labels: Sequence[str] | None) -> tuple[Any, ...]:
    """An error or none, what the model was shown, probabilities by emotion, the rationale, and the answer to `question`."""
    from .ask import ask

    question = (question or "").strip()
    if not path:
        return "Choose a picture or a clip first.", None, None, "", ""
    if len(question) > LONGEST:
        return f"The question is longer than {LONGEST} characters.", None, None, "", ""
    file = Path(path).resolve()
    try:
        seen = predictor.eyes.open(file)
        report = ask(predictor, seen, question or None, labels=labels)
    except InputError as error:
        return _said(error, file), None, None, "", ""
    why = report["rationale"] or report["note"]
    return "", predictor.eyes.show(seen), report["probabilities"], why, report.get("answer", "")


def _said(error: InputError, path: Path) -> str:
    """An error as people see it: without the folder that uploads lie in, and with no sign that Markdown takes for its own."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~$" else sign for sign in str(error).replace(str(path), path.name))


def _local_only(move):
    """Gradio fetches a file that a caller names by web address; this refuses it."""

    async def moved(path: str | Path | None) -> str | None:
        if "://" in str(path):
            import gradio

            raise gradio.Error("Upload the file; web addresses are not fetched.", print_exception=False)
        return await move(path)

    return moved


class Guard:
    """ASGI middleware: only the page's own routes, for its own pages, under its own names; uploads to a limit.

    A page of somebody else can send requests here from a visitor's browser, and, by a name of its own that it lets mean this
    machine, read what comes back. A name that is an address means no other machine.

    Args:
        names: by which this machine is asked, beside addresses.
        folder: where uploads are kept.
    """

    def __init__(self, app: Any, names: Collection[str], folder: Path) -> None:
        self.app, self.names, self.folder = app, names, folder
        self.coming = 0  # bytes of uploads that are on their way

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status = self._refusal(scope) if scope["type"] == "http" else 403 if scope["type"] == "websocket" else None
        if status is None:
            size = _length(scope) if scope["type"] == "http" and scope["path"] == UPLOAD else 0
            self.coming += size
            try:
                return await self.app(scope, receive, send)
            finally:
                self.coming -= size
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        head = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": b"refused\n"})

    def _refusal(self, scope: dict[str, Any]) -> int | None:
        """The HTTP status that a request is refused with, or None."""
        path, headers = scope["path"], _headers(scope)
        if not self._is_own(headers.get("host", "")) or _is_foreign(headers):
            return 403
        if path != "/" and not path.startswith(ROUTES):
            return 404
        if "transfer-encoding" in headers:
            return 411  # how much it will be is not said
        size = _length(scope)
        if not 0 <= size <= LIMIT + 2**16:  # with the form around the file
            return 413
        return 507 if path == UPLOAD and _stored(self.folder) + self.coming + size > TOTAL else None

    def _is_own(self, host: str) -> bool:
        name = _split(f"//{host}").hostname or ""
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return name in self.names


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _split(address: str) -> SplitResult:
    """The parts of a web address, all empty where it is none, such as `//[::1`."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_foreign(headers: dict[str, str]) -> bool:
    """Whether a browser says that the request comes from another page; a link that is followed there may, in no frame.

    What it calls of the same site may be another port of this machine, or another machine of its domain.
    """
    origin = headers.get("origin")
    if origin is not None and _split(origin).netloc.lower() != headers["host"].lower():
        return True
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document"
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not followed


def _length(scope: dict[str, Any]) -> int:
    """Bytes of a request's body as it says; -1 for what is no number, or one that Python does not read for its length."""
    said = _headers(scope).get("content-length", "0")
    return int(said) if said.isdecimal() and len(said) <= 20 else -1


def _stored(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_size
            except FileNotFoundError:  # taken away in the meantime
                continue
    return total
