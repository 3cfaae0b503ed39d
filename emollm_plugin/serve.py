"""`emollm serve`: a small page for what `emollm ask` does. What comes in over the network is trusted in nothing."""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Sequence

import click

from emobench_data.errors import InputError
from emobench_data.video import SUFFIXES

if TYPE_CHECKING:
    import gradio

LIMIT = 50 * 2**20  # bytes of a picture or clip
LONGEST = 2000  # characters of a question
WAITING = 16  # requests that may wait their turn; one is answered at a time
KEPT = 600  # seconds that uploads are kept
PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
# All that the page and Gradio's client ask for. Gradio has more, such as routes that fetch a web address.
ROUTES = ("/config", "/assets/", "/static/", "/svelte/", "/theme.css", "/favicon.ico", "/manifest.json", "/pwa_icon",
          "/robots.txt", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/", "/gradio_api/call/",
          "/gradio_api/file=/", "/gradio_api/heartbeat/", "/gradio_api/startup-events", "/gradio_api/app_id",
          "/gradio_api/theme.css", "/gradio_api/reset", "/gradio_api/cancel")  # fmt: skip


def require_gradio() -> None:
    """Raise `InputError` where Gradio is not installed."""
    if find_spec("gradio") is None:
        raise InputError("emollm serve needs Gradio, which is not installed: pip install 'gradio>=6.31,<7'")


def serve(predictor: Any, *, labels: Sequence[str], host: str, port: int | None) -> None:
    """Answer on `http://host:port/` until the process is ended; without `port`, on the first free one from 7860 on.

    Raises:
        InputError: the address is taken.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes, with the uploads in it
    with TemporaryDirectory(prefix="emollm-serve-") as folder:
        os.environ |= {"GRADIO_TEMP_DIR": folder, "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}
        page, address = start(predictor, labels, host, port)
        click.echo(address)
        page.block_thread()


def start(predictor: Any, labels: Sequence[str], host: str, port: int | None) -> tuple[gradio.Blocks, str]:
    """The running page and its address; uploads go to the folder that `GRADIO_TEMP_DIR` names."""
    import gradio
    from starlette.middleware import Middleware

    page = make_page(predictor, labels)
    try:
        _, address, _ = page.queue(max_size=WAITING, default_concurrency_limit=1).launch(
            server_name=host, server_port=port, share=False, inbrowser=False, quiet=True, prevent_thread_lock=True,
            max_file_size=LIMIT, allowed_paths=[], enable_monitoring=False, ssr_mode=False, run_history=False,
            mcp_server=False, pwa=False, footer_links=[], theme=gradio.themes.Base(font="sans-serif"),
            app_kwargs={"middleware": [Middleware(Guard)]},
        )  # fmt: skip
    except OSError as error:
        place = f"{host}, port {port or '7860 and on'}"
        raise InputError(f"{place}: cannot be listened on ({error}); give another --port") from error
    return page, address


def make_page(predictor: Any, labels: Sequence[str]) -> gradio.Blocks:
    """The page, not yet running."""
    import gradio

    def answer(path: str | None, question: str | None):
        if not path:
            raise gradio.Error("Choose a picture or a clip first.", print_exception=False)
        return answer_upload(predictor, Path(path).resolve(), (question or "").strip(), labels)

    with gradio.Blocks(analytics_enabled=False, title="EmoLLM", delete_cache=(KEPT, KEPT)) as page:
        gradio.Markdown("# EmoLLM\nWhich emotion does a picture or clip show or evoke? A model answers, often wrongly.")
        with gradio.Row():
            with gradio.Column():
                medium = gradio.File(label="Picture or clip", file_types=[*PICTURES, *SUFFIXES], type="filepath")
                question = gradio.Textbox(label="A question of your own (optional)", max_length=LONGEST)
                button = gradio.Button("Ask", variant="primary")
                seen = gradio.Image(label="What the model sees", interactive=False, buttons=[])
            with gradio.Column():
                emotion = gradio.Label(label="Emotion")
                rationale = gradio.Textbox(label="Why", interactive=False, lines=4)
                own = gradio.Textbox(label="Answer to your question", interactive=False)
        button.click(answer, [medium, question], [seen, emotion, rationale, own], api_name="ask")
    medium.async_move_resource_to_block_cache = _local_only(medium.async_move_resource_to_block_cache)
    return page


def answer_upload(predictor: Any, path: Path, question: str, labels: Sequence[str]) -> tuple[Any, ...]:
    """What the model was shown, probabilities by emotion, the rationale, and the answer to `question`."""
    import gradio

    from .evaluation.ask import ask

    if len(question) > LONGEST:
        raise gradio.Error(f"The question is longer than {LONGEST} characters.", print_exception=False)
    try:
        seen = predictor.eyes.open(path)
        report = ask(predictor, seen, question or None, labels=labels)
    except InputError as error:
        raise gradio.Error(str(error).replace(str(path), path.name), print_exception=False) from error
    return seen.shown, report["probabilities"], report["rationale"], report.get("answer", "")


def _local_only(move):
    """Gradio fetches a file that a caller names by web address; this refuses it."""

    async def moved(path: str | Path | None) -> str | None:
        if "://" in str(path):
            import gradio

            raise gradio.Error("Upload the file; web addresses are not fetched.", print_exception=False)
        return await move(path)

    return moved


class Guard:
    """ASGI middleware: only the routes of the page, and no body larger than an upload may be."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        status = _refusal(scope) if scope["type"] == "http" else 403 if scope["type"] == "websocket" else None
        if status is None:
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        head = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": b"refused\n"})


def _refusal(scope: dict[str, Any]) -> int | None:
    """The HTTP status that a request is refused with, or None."""
    path, headers = scope["path"], dict(scope["headers"])
    if path != "/" and not path.startswith(ROUTES):
        return 404
    if b"transfer-encoding" in headers:
        return 411  # how much it will be is not said
    length = headers.get(b"content-length", b"0")
    return 413 if not length.isdigit() or int(length) > LIMIT + 2**16 else None  # with the form around the file
