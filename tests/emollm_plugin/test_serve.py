"""The page of `emollm serve`: it answers, and refuses what a stranger on the network may send."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.errors import InputError
from emobench_data.media import open_picture
from emollm_plugin import serve
from emollm_plugin.cli import main
from emollm_plugin.evaluation.eyes import Seen, is_clip


def test_without_gradio_it_says_so_in_one_line(monkeypatch):
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["serve", "nowhere"])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and "pip install 'gradio" in done.stderr


def through(path, *headers, kind="http"):
    """The status that `Guard` gives a request, or None where it lets it through."""
    sent, scope = [], {"type": kind, "path": path, "headers": headers}

    async def app(scope, receive, send):
        sent.append({})

    async def send(message):
        sent.append(message)

    asyncio.run(serve.Guard(app)(scope, None, send))
    return sent[0].get("status", sent[0].get("type"))


def test_the_guard():
    assert through("/") is through("/gradio_api/queue/join") is through("/anything", kind="lifespan") is None
    for path in ("/gradio_api/file=http://example.org/a", "/gradio_api/proxy=https://a.hf.space/b", "/monitoring",
                 "/gradio_api/process_recording", "/gradio_api/runs", "/../etc/passwd", "/login"):  # fmt: skip
        assert through(path) == 404, path
    upload = "/gradio_api/upload"
    assert through(upload, (b"content-length", b"%d" % serve.LIMIT)) is None
    assert through(upload, (b"content-length", b"%d" % (serve.LIMIT + 2**17))) == 413
    assert through(upload, (b"content-length", b"-1")) == 413
    assert through(upload, (b"transfer-encoding", b"chunked")) == 411
    assert through("/", kind="websocket") == "websocket.close"


class Eyes:
    """Opens pictures, and shows every clip as a grey square."""

    def open(self, path):
        clip = is_clip(path)
        image = Image.new("RGB", (8, 8)) if clip else open_picture(path, path.parent)
        return Seen(None, image.size, image, "video" if clip else "image")


class Predictor:
    """Takes every picture for joy."""

    eyes = Eyes()

    def probabilities(self, seen, text, options):
        return {label: float(label == "joy") for label in options}

    def ask(self, seen, text, picture=None):
        return seen.size, text

    def answer_batch(self, asked, max_new_tokens):
        return [f"{size} {text}" for size, text in asked]

    def forget(self):
        pass


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a running page, and the folder that its uploads are in."""
    pytest.importorskip("gradio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        patch.setattr(serve, "LIMIT", 2**20)
        running, address = serve.start(Predictor(), ["joy", "fear"], "127.0.0.1", None)
        yield address.rstrip("/"), tmp_path_factory.getbasetemp()
        running.close()


@pytest.fixture
def ask(page):
    """Send the event as a browser does, and give the last message of the server."""
    httpx = pytest.importorskip("httpx")

    def build(medium, question=""):
        event = httpx.post(f"{page[0]}/gradio_api/call/ask", json={"data": [medium, question]})
        if event.status_code != 200:
            return f"event: error {event.status_code}"
        return httpx.get(f"{page[0]}/gradio_api/call/ask/{event.json()['event_id']}", timeout=30).text

    return build


def upload(page, name, content):
    import httpx

    return httpx.post(f"{page[0]}/gradio_api/upload", files={"files": (name, content)})


def file(path):
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_picture_and_a_clip_are_answered(page, ask, tmp_path):
    from tests.emollm_plugin.conftest import make_clip_file

    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    (path,) = upload(page, "a.png", (tmp_path / "a.png").read_bytes()).json()
    seen, emotion, why, answer = json.loads(ask(file(path), "Who?").split("data: ")[-1])
    assert emotion["label"] == "joy" and emotion["confidences"][0] == {"label": "joy", "confidence": 1.0}
    assert why.startswith("(40, 20) What in this image shows or evokes joy?") and answer == "(40, 20) Who?"
    (clip,) = upload(page, "c.mp4", make_clip_file(tmp_path / "c.mp4").read_bytes()).json()
    assert "What in this video shows" in ask(file(clip))
    import httpx

    assert httpx.get(f"{page[0]}/gradio_api/file={seen['path']}").headers["content-type"].startswith("image/")


def test_files_and_web_addresses_that_were_not_uploaded_are_not_read(page, ask):
    import httpx

    (page[1] / "secret.png").write_bytes(b"hidden words")
    own = serve.__file__
    for path in (page[1] / "secret.png", own, "/etc/passwd", "../../../etc/passwd", "/%2e%2e/etc/passwd"):
        got = httpx.get(f"{page[0]}/gradio_api/file={path}")
        assert got.status_code in (403, 404) and b"hidden" not in got.content, path
        assert "event: error" in ask(file(str(path))), path
    for address in ("http://127.0.0.1:1/a.png", "https://example.org/a.png", "ftp://example.org/a.png"):
        assert "event: error" in ask(file(address))
        assert "event: error" in ask({**file("a.png"), "url": address})
    assert "not fetched" in ask(file("https://example.org/a.png"))


def test_uploads_that_are_too_large_broken_or_of_another_kind(page, ask, tmp_path):
    assert upload(page, "a.png", bytes(2**20 + 2**17)).status_code == 413
    (broken,) = upload(page, "a.png", b"no picture").json()
    said = ask(file(broken))
    assert "a.png: text, not a picture" in said and str(page[1]) not in said
    (program,) = upload(page, "a.eps", b"%!PS-Adobe").json()
    assert "Invalid file type" in ask(file(program))
    assert "longer than" in ask(file(broken), "?" * 3000)
    assert "Choose a picture" in ask(None)


def test_an_address_that_is_taken(page):
    with pytest.raises(InputError, match="--port"):
        serve.start(Predictor(), ["joy"], "127.0.0.1", int(page[0].rsplit(":", 1)[1]))


