"""What a stranger on the network may send to the page, and what is refused."""

import asyncio
from pathlib import Path

import pytest

from emollm_plugin.serving.web import guard as guards

HOST = (b"host", b"127.0.0.1:7860")


def through(path, *headers, kind="http", guard=None, host=HOST):
    """The status that `Guard` gives a request, or None where it lets it through."""
    sent, scope = [], {"type": kind, "path": path, "headers": (host, *headers)}

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        sent.append({})

    guard = guard or guards.Guard(None, names={"localhost", "box.example.org"}, folder=Path("/nowhere"))
    guard.app = app
    asyncio.run(guard(scope, None, send))
    return sent[0].get("status", sent[0].get("type"))


def test_the_guard():
    assert through("/") is through("/gradio_api/queue/join") is through("/anything", kind="lifespan") is None
    for path in (
        "/gradio_api/file=http://example.org/a",
        "/gradio_api/proxy=https://a.hf.space/b",
        "/monitoring",
        "/gradio_api/process_recording",
        "/gradio_api/runs",
        "/../etc/passwd",
        "/login",
    ):
        assert through(path) == 404, path
    upload = "/gradio_api/upload"
    assert through(upload, (b"content-length", b"%d" % guards.LIMIT)) is None
    assert through(upload, (b"content-length", b"%d" % (guards.LIMIT + 2**17))) == 413
    for length in (b"-1", b"9" * 5000, b"\xb2", b""):
        assert through(upload, (b"content-length", length)) == 413
    assert through(upload, (b"transfer-encoding", b"chunked")) == 411
    assert through("/", kind="websocket") == "websocket.close"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", None),
        ("localhost:7860", None),
        ("LOCALHOST", None),
        ("[::1]:7860", None),
        ("192.168.1.5", None),
        ("box.example.org:80", None),
        ("evil.example.com:7860", 403),
        ("127.0.0.1.nip.io:7860", 403),
        ("", 403),
        ("[::1", 403),
        ("::1]", 403),
        ("[v1.x]", 403),
        ("[no]", 403),
        ("a[b]", 403),
        ("localhost\u00bd", 403),
        ("localhost:port", None),
    ],
)
def test_a_name_that_somebody_else_lets_mean_this_machine_is_refused(host, status):
    for path in ("/", "/gradio_api/call/ask", "/gradio_api/file=/tmp/a"):
        assert through(path, host=(b"Host", host.encode("latin-1"))) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:7860"}, None),
        ({"origin": "http://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:7860"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, None),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, None),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "none"}, None),
        ({"origin": "http://[::1"}, 403),
        ({"origin": "//["}, 403),
        ({"origin": ""}, 403),
    ],
)
def test_another_sites_page_cannot_send_anything(headers, status):
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    for path in ("/", "/gradio_api/upload", "/gradio_api/queue/join"):
        assert through(path, *sent) == status


def test_what_is_kept_has_a_limit_for_all_uploads_together(tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "TOTAL", 1000)
    guard = guards.Guard(None, names=(), folder=tmp_path)
    size = (b"content-length", b"600")
    assert through("/gradio_api/upload", size, guard=guard) is None and guard.coming == 0
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.png").write_bytes(bytes(500))
    assert through("/gradio_api/upload", size, guard=guard) == 507
    assert through("/gradio_api/queue/join", size, guard=guard) is None
    (tmp_path / "below" / "a.png").unlink()
    guard.coming = 500  # of another upload that is still on its way
    assert through("/gradio_api/upload", size, guard=guard) == 507
    assert through("/gradio_api/queue/join", size, guard=guard) == 503
    assert through("/gradio_api/queue/join", (b"content-length", b"%d" % (guards.WORDS + 1))) == 413


def test_openai_s_clients_are_let_in_and_refused_in_their_form(tmp_path, monkeypatch):
    sent = []

    async def send(message):
        sent.append(message)

    size = (b"content-length", b"%d" % (guards.LIMIT * 4 // 3))
    assert through(guards.MODELS) is through(guards.CHAT, size) is None
    assert through("/v1/embeddings") == 404 and through("/config", size) == 413
    monkeypatch.setattr(guards, "TOTAL", 2**20)
    assert (through(guards.CHAT, size), through(guards.UPLOAD, (b"content-length", b"%d" % 2**21))) == (503, 507)
    scope = {"type": "http", "path": guards.CHAT, "headers": (HOST, (b"transfer-encoding", b"chunked"))}
    asyncio.run(guards.Guard(None, names=(), folder=tmp_path)(scope, None, send))
    assert sent[0]["status"] == 411 and b"the length is not said" in sent[1]["body"] and b'"param":null' in sent[1]["body"]
