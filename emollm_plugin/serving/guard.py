"""What `emollm serve` lets in: what comes over the network is trusted in nothing."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

LIMIT = 50 * 2**20  # bytes of a picture or clip
TOTAL = 1000 * 2**20  # bytes of all that is kept
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
