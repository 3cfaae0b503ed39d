"""The routes `/v1/models` and `/v1/chat/completions`, for OpenAI's clients, on the page's own server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Lock
from typing import Any

from ...evaluation.decode import Said
from .chat import Chat, ChatFault, answer, completion, events, fault_of, read_chat
from .guard import CHAT, MODELS

WAITING = 128  # requests under way; `emollm eval --endpoint` has 64


def routes(predictor: Any, model: str, turn: Lock, folder: Path) -> list[Any]:
    """For Starlette.

    Args:
        model: the name that clients know the model by.
        turn: held by whoever asks the model.
        folder: in which media lie until they are read.
    """
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    desk = Desk(predictor, turn, folder)

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "emollm"}]})

    async def complete(request: Request) -> Response:
        try:
            chat, said = await desk.complete(request, model)
        except ChatFault as error:
            return JSONResponse(fault_of(error), error.status)
        if chat.stream:
            return Response(events(said, model), media_type="text/event-stream")
        return JSONResponse(completion(said, model))

    return [Route(MODELS, models, methods=["GET"]), Route(CHAT, complete, methods=["POST"])]


class Desk:
    """Takes requests in and answers one after the other, without holding up the page's own threads.

    Args: those of `routes`.
    """

    def __init__(self, predictor: Any, turn: Lock, folder: Path) -> None:
        self.predictor, self.turn, self.folder = predictor, turn, folder
        self.next, self.waiting = asyncio.Lock(), 0

    async def complete(self, request: Any, model: str) -> tuple[Chat, Said]:
        """The request read, and what the model says; raises `ChatFault`."""
        from starlette.concurrency import run_in_threadpool

        if self.waiting >= WAITING:
            raise ChatFault(f"{WAITING} requests are waiting already; try again later", status=429, code="rate_limit_exceeded")
        self.waiting += 1
        try:
            chat = await run_in_threadpool(read_chat, await request.body(), model)
            async with self.next:
                return chat, await run_in_threadpool(self._answer, chat)
        finally:
            self.waiting -= 1

    def _answer(self, chat: Chat) -> Said:
        with self.turn:
            return answer(self.predictor, chat, self.folder)
