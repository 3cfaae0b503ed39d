"""A model that a hub does not give: whether it refuses, or is not there, and the way out of each."""

import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.towers.hub import check_download

# As the hub answers: a gated model, a name that it does not know or that is private, a token without the right, what is gone.
ANSWERS = {"gated": (403, "GatedRepo"), "unknown": (401, "RepoNotFound"), "token": (403, None), "gone": (410, None)}
ASK = """
import sys
from emobench_data.io.errors import InputError
from emollm_plugin.towers.hub import check_download
for name in sys.argv[1:]:
    try:
        check_download(f"owner/{name}", "base model")
    except InputError as error:
        print(error)
"""


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        status, code = next(answer for name, answer in ANSWERS.items() if f"owner/{name}" in self.path)
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def hub():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
def test_a_model_behind_terms_says_where_they_are_and_how_to_log_in(hub, tmp_path):
    """Asked by the hub's own client, in a process of its own: it reads where the hub is as it is imported."""
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path), "NO_PROXY": "*"}
    command = [sys.executable, "-c", ASK, *ANSWERS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = dict(zip(ANSWERS, done.stdout.splitlines(), strict=True))
    for name in ("gated", "unknown", "token"):
        assert said[name].startswith(f"base model 'owner/{name}' is no folder here and cannot be downloaded (the model hub ref")
        assert re.search(rf"HTTP 40[13]\).*https://huggingface\.co/owner/{name}, and log in with `hf auth login`", said[name])
    assert "refuses" not in said["gone"] and "without a network, put its files into a folder" in said["gone"]


def test_a_refusal_is_found_behind_other_errors_and_a_folder_passes(monkeypatch, tmp_path):
    class Refused(Exception):
        response = type("Response", (), {"status_code": 401})

    def refuse(name):
        try:
            raise Refused
        except Refused as error:
            raise OSError("We couldn't connect") from error

    monkeypatch.setattr("transformers.PretrainedConfig.get_config_dict", refuse)
    with pytest.raises(InputError, match=r"vision tower 'a/b' is no folder .*HTTP 401.*HF_TOKEN$"):
        check_download("a/b", "vision tower")
    check_download(str(tmp_path), "vision tower")
