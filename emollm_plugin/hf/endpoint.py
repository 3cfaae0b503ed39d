"""`emollm eval --endpoint`: a question file asked of any OpenAI-compatible server."""

from __future__ import annotations

import base64
import io
import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from emobench_data.export.llava import STORYBOARD_LINE
from emobench_data.io.connection import Connection, Refused
from emobench_data.io.errors import InputError
from emobench_data.media.examine import open_picture
from emobench_data.media.stamp import signature
from emobench_data.media.storyboard import drawn
from emobench_data.media.video import Sampling, read_frames
from emobench_data.schema.questions import Question, answer_tokens, chunk, read_visual

from ..evaluation.answers import Answers, run_id
from ..media.clips import clip_below

logger = logging.getLogger(__name__)
AT_ONCE = 64  # questions under way; engines make batches of them
TIMEOUT = 600.0  # seconds; what waits for its turn counts
SIDE = 384  # pixels of a clip's frames that are sent where the model does not say, what the largest common tower sees


@dataclass(frozen=True)
class Server:
    """A server and the model there.

    Args:
        url: ends before `/chat/completions`.
        model: the name that the server knows the model by.
        frames: how many frames of a clip are sent as pictures side by side; 0: a storyboard, as one picture.
        plain: writes a text so that no token of it is a control token; a server does not.
        side: of those frames, in pixels.
    """

    url: str
    model: str
    frames: int = 0
    plain: Callable[[str], str] = str
    side: int = SIDE

    def content(self, question: Question, images: Path) -> str | list[dict[str, Any]]:
        """A question as the content of a message.

        Raises:
            InputError: its medium cannot be read.
        """
        text, pictures = question.text, []
        if question.video is not None:
            path = clip_below(images, question.video)
            if self.frames:
                read = read_frames(path, Sampling(frames=self.frames), side=self.side)
                pictures = [Image.fromarray(frame) for frame in read.pixels]
            else:
                text, pictures = f"{STORYBOARD_LINE}\n{text}", [Image.open(io.BytesIO(drawn(path)))]
        elif question.image is not None:
            pictures = [open_picture(images / question.image, images)]
        text = self.plain(text)
        if not pictures:
            return text
        return [*map(_part, pictures), {"type": "text", "text": text}]


def _part(picture: Image.Image) -> dict[str, Any]:
    # PNG, so that the server sees the very pixels that `emollm eval` sees.
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return {"type": "image_url", "image_url": {"url": url}}


def evaluate(
    server: Server,
    questions: Path,
    images: Path,
    answers: Path,
    *,
    chunks: int = 1,
    chunk_index: int = 0,
    max_new_tokens: int | None = None,
    at_once: int | None = None,
    key: str | None = None,
) -> int:
    """Answer the questions that `answers` does not answer yet, and return how many that were; greedy.

    Args:
        key: of the server, where it asks for one; default: OPENAI_API_KEY.

    Raises:
        InputError: as `evaluation.run.evaluate`; the server cannot be reached or refuses.
    """
    read = read_visual(questions)
    tokens = max_new_tokens or answer_tokens(read)
    asked = chunk(read, chunks, chunk_index)
    run = run_id(
        url=server.url,
        model=server.model,
        frames=server.frames,
        tokens=tokens,
        asked=[(one.id, one.medium, one.text) for one in asked],
        media=signature((one.medium for one in asked if one.medium), images),
    )
    file = Answers(answers, asked, model_id=server.model, run=run)
    left = [question for question in asked if question.id not in file.done]
    if len(left) < len(asked):
        logger.info("%s: %d of %d answers are there already", answers, len(asked) - len(left), len(asked))
    try:
        with tqdm(total=len(asked), initial=len(asked) - len(left), unit="question") as progress:
            for question, said in _said(server, left, images, tokens, at_once or AT_ONCE, key):
                file.add(question, said)
                progress.update()
    finally:
        file.close()
    return len(left)


def _said(
    server: Server, questions: list[Question], images: Path, tokens: int, at_once: int, key: str | None
) -> Iterator[tuple[Question, str]]:
    """Each question with its answer, as they come; the first that fails ends it."""
    # Servers of one's own want no key.
    connection = Connection(server.url, server.model, key=key or os.environ.get("OPENAI_API_KEY", ""), timeout=TIMEOUT)

    def ask(question: Question) -> str:
        try:
            return connection.ask(server.content(question, images), tokens).text.strip()
        except Refused as error:
            raise InputError(f"endpoint {server.url}, question {question.id}: {error}: {error.said}") from error

    with ThreadPoolExecutor(at_once) as pool:
        jobs = {pool.submit(ask, question): question for question in questions}
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        except BaseException:
            connection.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
