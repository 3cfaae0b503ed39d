"""The page of `emollm serve`: it answers, and refuses what a stranger on the network may send."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.media.examine import kind_of, open_picture
from emobench_data.schema.tasks import TASKS
from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.eyes import Seen
from emollm_plugin.serving.web import answers, running
from emollm_plugin.serving.web import guard as guards
from emollm_plugin.serving.web.answers import Shown, answer, preview
from emollm_plugin.serving.web.examples import write_examples
from emollm_plugin.serving.web.page import choices


def test_without_gradio_it_says_so_in_one_line(monkeypatch):
    monkeypatch.setattr(running, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["serve", "nowhere"])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and "pip install 'gradio" in done.stderr


class Eyes:
    """Opens pictures, and shows every clip as a grey square."""

    ears = None

    def open(self, path):
        clip = kind_of(path) == "video"
        image = Image.new("RGB", (8, 8)) if clip else open_picture(path, path.parent)
        return Seen(image, image.size, "video" if clip else "image")

    def show(self, seen):
        return seen.pixels


class Predictor:
    """Takes every picture for joy."""

    eyes = Eyes()
    model = SimpleNamespace(config=SimpleNamespace(), get_model=lambda: SimpleNamespace(mm_projector=None))

    def probabilities_batch(self, asked, options):
        return [{label: float(label == "joy") for label in labels} for labels in options]

    def ask(self, seen, text, picture=None):
        return seen.size, text

    def answer_batch(self, asked, max_new_tokens):
        return [f"{size} {text}" for size, text in asked]

    def forget(self):
        pass


def ask(*words, turn=None):
    return answer(Predictor(), turn or nullcontext(), *words)


def test_an_error_goes_with_the_next_upload_and_the_page_shows_what_the_model_sees(tmp_path):
    picture, broken = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("RGB", (40, 20), "red").save(picture)
    broken.write_bytes(b"none")
    fault = preview(Predictor(), str(broken))
    assert fault.said.startswith('<p role="alert">b.png: ') and fault == Shown(fault.said)
    shown = preview(Predictor(), str(picture))
    assert shown.seen.size == (40, 20) and shown == Shown(seen=shown.seen)
    assert preview(Predictor(), None) == Shown()
    assert ask(str(broken), "Who?", ["joy", "fear"]) == fault
    shown = ask(str(picture), "Who?", ["joy", "fear"])
    assert shown.said == '<p role="status"><strong>Answer: joy, 100 %</strong></p>' and shown.seen.size == (40, 20)
    assert (shown.shares, shown.own, shown.drawn) == ({"joy": 1.0, "fear": 0.0}, "(40, 20) Who?", None)


def test_an_error_is_no_markup():
    said = answers._fault(InputError("/up/[a](x.org)<b>.png: broken"), [Path("/up/[a](x.org)<b>.png")]).said
    assert said == '<p role="alert">[a](x.org)&lt;b&gt;.png: broken</p>'


def test_the_model_is_asked_while_the_turn_is_held(tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    turn = Lock()
    with ThreadPoolExecutor() as pool:
        with turn:
            job = pool.submit(ask, str(tmp_path / "a.png"), "", ["joy"], turn=turn)
            assert not wait([job], timeout=0.2).done
        assert "joy" in job.result(timeout=30).said
    assert not turn.locked()


@pytest.fixture(scope="module")
def page(needs_gradio, tmp_path_factory):
    """The address of a running page, and the folder that its uploads are in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        patch.setattr(running, "LIMIT", 2**20)
        patch.setitem(guards.MOST, guards.UPLOAD, 2**20 + 2**16)
        opened, address = running.start(Predictor(), "tiny", ["joy", "fear"], "127.0.0.1", None)
        yield address.rstrip("/"), tmp_path_factory.getbasetemp()
        opened.close()


@pytest.fixture
def sent(page):
    """Send the event as a browser does, and give the last message of the server."""
    import httpx

    def build(medium, question=""):
        event = httpx.post(f"{page[0]}/gradio_api/call/ask", json={"data": [medium, question, "emotion", "", True]})
        if event.status_code != 200:
            return f"event: error {event.status_code}"
        return httpx.get(f"{page[0]}/gradio_api/call/ask/{event.json()['event_id']}", timeout=30).text

    return build


def upload(page, name, content):
    import httpx

    return httpx.post(f"{page[0]}/gradio_api/upload", files={"files": (name, content)})


def file(path):
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_picture_and_a_clip_are_answered(page, sent, tmp_path):
    from tests.emollm_plugin.conftest import make_clip_file

    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    (path,) = upload(page, "a.png", (tmp_path / "a.png").read_bytes()).json()
    said, seen, emotion, why, answer, *_ = json.loads(sent(file(path), "Who?").split("data: ")[-1])
    assert "joy, 100 %" in said
    assert emotion["label"] == "joy" and emotion["confidences"][0] == {"label": "joy", "confidence": 1.0}
    assert why.startswith("(40, 20) What in this image shows or evokes joy?") and answer == "(40, 20) Who?"
    (clip,) = upload(page, "c.mp4", make_clip_file(tmp_path / "c.mp4").read_bytes()).json()
    assert "What in this video shows" in sent(file(clip))
    import httpx

    assert httpx.get(f"{page[0]}/gradio_api/file={seen['path']}").headers["content-type"].startswith("image/")


def test_the_running_page_knows_its_names_and_its_own_pages(page, tmp_path):
    import httpx

    assert httpx.get(page[0]).status_code == 200
    assert httpx.get(page[0], headers={"host": "evil.example.com"}).status_code == 403
    sent = {"data": [None, ""]}
    own = httpx.post(f"{page[0]}/gradio_api/call/ask", json=sent, headers={"origin": page[0]})
    foreign = httpx.post(f"{page[0]}/gradio_api/call/ask", json=sent, headers={"origin": "http://evil.example.com"})
    assert (own.status_code, foreign.status_code) == (200, 403)
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    (path,) = upload(page, "a.png", (tmp_path / "a.png").read_bytes()).json()
    event = httpx.post(f"{page[0]}/gradio_api/call/preview", json={"data": [file(path)]}).json()["event_id"]
    shown = json.loads(httpx.get(f"{page[0]}/gradio_api/call/preview/{event}", timeout=30).text.split("data: ")[-1])
    assert shown[0] == "" and shown[1]["path"] and shown[3:] == ["", "", None, ""]


def test_files_and_web_addresses_that_were_not_uploaded_are_not_read(page, sent):
    import httpx

    (page[1] / "secret.png").write_bytes(b"hidden words")
    own = running.__file__
    for path in (page[1] / "secret.png", own, "/etc/passwd", "../../../etc/passwd", "/%2e%2e/etc/passwd"):
        got = httpx.get(f"{page[0]}/gradio_api/file={path}")
        assert got.status_code in (403, 404) and b"hidden" not in got.content, path
        assert "event: error" in sent(file(str(path))), path
    for address in ("http://127.0.0.1:1/a.png", "https://example.org/a.png", "ftp://example.org/a.png"):
        assert "event: error" in sent(file(address))
        assert "event: error" in sent({**file("a.png"), "url": address})
    assert "not fetched" in sent(file("https://example.org/a.png"))


def test_uploads_that_are_too_large_broken_or_of_another_kind(page, sent, tmp_path):
    assert upload(page, "a.png", bytes(2**20 + 2**17)).status_code == 413
    (broken,) = upload(page, "a.png", b"no picture").json()
    said = sent(file(broken))
    assert "a.png: text, not a picture" in said and str(page[1]) not in said
    (program,) = upload(page, "a.eps", b"%!PS-Adobe").json()
    assert "Invalid file type" in sent(file(program))
    assert "longer than" in sent(file(broken), "?" * 3000)
    assert "Choose a picture" in sent(None)


def test_a_port_that_is_taken_is_said_before_a_model_is_loaded(page):
    taken = int(page[0].rsplit(":", 1)[1])
    done = CliRunner().invoke(main, ["serve", "nowhere/at/all", "--port", str(taken)])
    assert done.exit_code == 2 and "cannot be listened on (Address already in use); give another --port" in done.stderr
    with pytest.raises(InputError, match=r"^192.0.2.7: cannot be listened on \(.*\); give another --port or --host"):
        running.check_port("192.0.2.7", None)
    running.check_port("127.0.0.1", None)


def test_an_address_that_is_taken(page):
    with pytest.raises(InputError, match="--port"):
        running.start(Predictor(), "tiny", ["joy"], "127.0.0.1", int(page[0].rsplit(":", 1)[1]))


def test_a_sub_task_is_answered_with_its_steps(tmp_path, monkeypatch):
    from emollm_plugin.serving import ask as asking
    from emollm_plugin.serving.sub_task import About

    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    asked, chain = [], "Words: glad\nPicture: gloomy\nClash: yes"

    def answered(predictor, seen, question, *, labels, about):
        asked.append(about)
        named = {"task": about.task, "label": "Yes"} if about else {"emotion": "Yes"}
        return {**named, "confidence": 0.5, "probabilities": {"Yes": 0.5, "No": 0.5}, "rationale": chain, "note": ""}

    monkeypatch.setattr(asking, "ask", answered)
    for task, words, title in (("sarcasm", " So glad ", "Sarcasm"), ("emotion", "", "Answer"), (None, None, "Answer")):
        shown = ask(str(tmp_path / "a.png"), "", None, task, words)
        assert f"{title}: Yes, 50 %" in shown.said and (shown.shares, shown.why) == ({"Yes": 0.5, "No": 0.5}, chain)
    assert asked == [About("sarcasm", "So glad"), None, None]
    assert "longer than" in ask(str(tmp_path / "a.png"), "", None, "sarcasm", "x" * 3000).said


def test_what_may_be_asked_for_is_what_was_learned(tmp_path):
    learned = {"sources": {"mini": 9}, "labels": {"mini": {task: ["a", "b"] for task in reversed(TASKS)}}}
    tasks = choices(SimpleNamespace(emollm_training=learned))
    assert [*tasks.values()] == ["emotion", "emo_o", "intent", "hate", "humor", "sarcasm"] and len(tasks) == len(TASKS)
    assert choices(SimpleNamespace()) == {"Emotion": "emotion"}
    examples = write_examples(tmp_path / "a", tasks, hears=True)
    assert [one.task for one in examples] == [*tasks.values(), "emotion"]
    assert [kind_of(one.file) for one in examples] == ["image"] * len(TASKS) + ["audio"]
    assert [bool(one.words) for one in examples] == [False, False, False, True, True, True, False]
    assert [one.name for one in examples] == [*tasks, "Voice"]
    assert [one.task for one in write_examples(tmp_path / "b", {"Emotion": "emotion"})] == ["emotion"]
