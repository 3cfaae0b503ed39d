"""A chat endpoint on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], body))
        reply = self.server.codes.pop() if self.server.codes else self.server.reply(body)
        if isinstance(reply, int):
            self.send_response(reply)
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        if isinstance(reply, str):
            usage = {"total_tokens": 100}
            reply = json.dumps({"choices": [{"message": {"content": reply}}], "usage": usage}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """`codes` are given out first, from the end; then `reply(body)`: a text, a status, or bytes as they are.

    `asked` holds path, key and body of every request, `url` is what a user would name.
    """
    pytest.importorskip("openai", reason="needs the extra `endpoint`")
    monkeypatch.setenv("no_proxy", "*")
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.asked, made.codes, made.reply = [], [], lambda body: "No"
    made.url = f"http://127.0.0.1:{made.server_port}/v1"
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()
