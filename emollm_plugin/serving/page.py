"""`emollm serve`: a small page for what `emollm ask` does; what may come in over the network is in `guard`."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from emobench_data.io.errors import InputError
from emobench_data.media.video import SUFFIXES
from emobench_data.media.video.stills import FRAME_SUFFIXES

from .guard import LIMIT, Guard

if TYPE_CHECKING:
    import gradio

LONGEST = 2000  # characters of a question
EMOTION = "emotion"  # what is asked for where no other sub-task is chosen
WAITING = 16  # requests that may wait their turn; one is answered at a time
KEPT = 600  # seconds that uploads are kept


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

    from ..checkpoints.notes import sub_tasks
    from .ask import EMOTIONAL, learned

    judged = [name for name in sub_tasks(predictor.model.config) if name not in EMOTIONAL]
    hears = predictor.eyes.ears is not None
    what = "picture, clip or voice" if hears else "picture or clip"
    intro = f"# EmoLLM\nWhich emotion does a {what} show or evoke? A model answers, often wrongly. "
    with gradio.Blocks(analytics_enabled=False, title="EmoLLM", delete_cache=(KEPT, KEPT)) as page:
        gradio.Markdown(f"{intro}It was trained on: {learned(predictor.model.config)}.")
        with gradio.Row():
            with gradio.Column():
                medium = gradio.File(label="Picture or clip", file_types=[*FRAME_SUFFIXES, *SUFFIXES], type="filepath")
                voice = gradio.Audio(label="Voice", sources=["microphone", "upload"], type="filepath", visible=hears)
                question = gradio.Textbox(label="A question of your own (optional)", max_length=LONGEST)
                task = gradio.Dropdown(label="Asked for", choices=[EMOTION, *judged], value=EMOTION, visible=bool(judged))
                words = gradio.Textbox(label="Words that belong to it", max_length=LONGEST, visible=bool(judged))
                button = gradio.Button("Ask", variant="primary")
                seen = gradio.Image(label="What the model sees", interactive=False, buttons=[])
            with gradio.Column():
                fault = gradio.Markdown()
                emotion = gradio.Label(label="Answer")
                rationale = gradio.Textbox(label="Why", interactive=False, lines=6)
                own = gradio.Textbox(label="Answer to your question", interactive=False)
        # Errors are values: one that is raised stays on the page, above what is uploaded and answered later.
        shown = [fault, seen, emotion, rationale, own]
        heard = [voice] if hears else []
        for given in (medium, *heard):
            given.change(lambda path, audio=None: preview(predictor, path, audio), [medium, *heard], shown, api_name="preview")
        button.click(
            lambda path, text, task, words, audio=None: answer(predictor, path, text, labels, task, words, audio),
            [medium, question, task, words, *heard],
            shown,
            api_name="ask",
        )
    for given in (medium, voice):
        # `setattr`, since of these components alone a method is replaced.
        setattr(given, "async_move_resource_to_block_cache", _local_only(given.async_move_resource_to_block_cache))  # noqa: B010
    return page


def preview(predictor: Any, path: str | None, audio: str | None = None) -> tuple[Any, ...]:
    """What the model will see of an upload, and nothing else: no error and no answer of an earlier one."""
    files = _files(path, audio)
    if not files:
        return "", None, None, "", ""
    try:
        return "", predictor.eyes.show(predictor.eyes.open(*files)), None, "", ""
    except InputError as error:
        return _said(error, files), None, None, "", ""


def _files(*paths: str | None) -> list[Path]:
    """What was uploaded: a picture or clip and a voice, or one of them."""
    return [Path(path).resolve() for path in paths if path]


def answer(
    predictor: Any,
    path: str | None,
    question: str | None,
    labels: Sequence[str] | None,
    task: str | None = None,
    words: str | None = None,
    audio: str | None = None,
) -> tuple[Any, ...]:
    """An error or none, what the model was shown, probabilities by label, the rationale, and the answer to `question`."""
    from .ask import ask
    from .sub_task import About

    about = About(task, (words or "").strip()) if task and task != EMOTION else None
    question = (question or "").strip()
    files = _files(path, audio)
    if not files:
        return "Choose a picture or a clip first.", None, None, "", ""
    if max(len(question), len(words or "")) > LONGEST:
        return f"The question is longer than {LONGEST} characters.", None, None, "", ""
    try:
        seen = predictor.eyes.open(*files)
        report = ask(predictor, seen, question or None, labels=labels, about=about)
    except InputError as error:
        return _said(error, files), None, None, "", ""
    why = "\n".join(filter(None, (report["rationale"], report["note"])))
    return "", predictor.eyes.show(seen), report["probabilities"], why, report.get("answer", "")


def _said(error: InputError, files: Sequence[Path]) -> str:
    """An error as people see it: without the folder that uploads lie in, and with no sign that Markdown takes for its own."""
    said = str(error)
    for path in files:
        said = said.replace(str(path), path.name)
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~$" else sign for sign in said)


def _local_only(move):
    """Gradio fetches a file that a caller names by web address; this refuses it."""

    async def moved(path: str | Path | None) -> str | None:
        if "://" in str(path):
            import gradio

            raise gradio.Error("Upload the file; web addresses are not fetched.", print_exception=False)
        return await move(path)

    return moved
