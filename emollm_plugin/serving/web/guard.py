"""What `emollm serve` lets in: what comes over the network is trusted in nothing."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

LIMIT = 50 * 2**20  # bytes of a picture or clip
TOTAL = 1000 * 2**20  # bytes of all that is kept
UPLOAD = "/gradio_api/upload"
MODELS, CHAT = "/v1/models", "/v1/chat/completions"
# The most that a request may hold: a form around a file; base64, which takes a third more, with the words beside it.
MOST = {UPLOAD: LIMIT + 2**16, CHAT: LIMIT * 4 // 3 + 2**20}
WORDS = 2**20  # bytes of any other request, which names what was uploaded
# All that the page, Gradio's client and OpenAI's ask for. Gradio has more, such as routes that fetch a web address.
ROUTES = (
    MODELS,
    CHAT,
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
        self.coming = 0  # bytes of requests that are on their way

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status = self._refusal(scope) if scope["type"] == "http" else 403 if scope["type"] == "websocket" else None
        if status is None:
            size = _length(scope) if scope["type"] == "http" else 0
            self.coming += size
            try:
                return await self.app(scope, receive, send)
            finally:
                self.coming -= size
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        kind, body = _said(scope["path"], status)
        head = [(b"content-type", kind), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

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
        if not 0 <= size <= MOST.get(path, WORDS):
            return 413
        kept = _stored(self.folder) if path in MOST else 0
        if not size or kept + self.coming + size <= TOTAL:
            return None
        return 507 if path == UPLOAD else 503  # clients of the endpoint try again

    def _is_own(self, host: str) -> bool:
        name = _split(f"//{host}").hostname or ""
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return name in self.names


def _said(path: str, status: int) -> tuple[bytes, bytes]:
    """The type and the body of a refusal, for OpenAI's clients in the form that they read."""
    if not path.startswith("/v1/"):
        return b"text/plain", b"refused\n"
    reasons = {411: "the length is not said", 413: "too large", 503: "too much is under way; try again later"}
    reason = reasons.get(status, "this route, host or page may not ask here")
    error = {"message": f"refused: {reason}", "type": "invalid_request_error", "param": None, "code": None}
    return b"application/json", orjson.dumps({"error": error})


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
