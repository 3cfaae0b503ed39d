"""Questions asked of an OpenAI-compatible server: one of this test, which answers with the exported model itself."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from PIL import Image

from emollm_plugin.cli.commands import main
from emollm_plugin.hf.engine import describe
from emollm_plugin.hf.export import export

from ..conftest import make_clip_file
from .conftest import load_export, tokenized

pytest.importorskip("openai", reason="needs the extra `endpoint`")
pytestmark = pytest.mark.host


class Chat(BaseHTTPRequestHandler):
    """Answers chat completions with `server.answer(messages)`, which may raise with a status."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        status, text = self.server.answer(body)
        reply = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        }
        content = json.dumps(reply if status == 200 else {"error": {"message": text}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    made.asked, made.answer = [], lambda body: (200, "joy")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def run(server, model, asked, answers, *more):
    command = [
        "eval",
        str(model),
        "--question-file",
        str(asked / "questions.jsonl"),
        "--image-folder",
        str(asked / "images"),
        "--answers-file",
        str(answers),
        "--endpoint",
        f"http://127.0.0.1:{server.server_port}/v1",
        *more,
    ]
    return CliRunner().invoke(main, command)


def said(answers):
    return {row["question_id"]: row["text"] for row in map(json.loads, answers.read_text().splitlines())}


@pytest.fixture
def questions(tmp_path):
    folder = tmp_path / "asked"
    (folder / "images").mkdir(parents=True)
    rows = []
    for index in range(5):
        color = (37 * index % 256, 91 * index % 256, 151 * index % 256)
        Image.new("RGBA", (32 + index, 28), (*color, 255 - 60 * (index == 1))).save(folder / "images" / f"{index}.png")
        text = "Which emotion? joy " + "sadness " * index + "fear"
        rows.append({"question_id": index, "image": f"{index}.png", "text": text})
    rows.append({"question_id": 5, "text": "Yes or No?"})
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_answers_are_those_of_emollm_eval(make, server, questions, tmp_path):
    checkpoint = make()
    export(checkpoint, tmp_path / "hf")
    model, processor = load_export(tmp_path / "hf")
    lock = threading.Lock()

    def answer(body):
        content = body["messages"][0]["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else [decoded(part) for part in content]
        with lock:
            inputs = tokenized(processor, [{"role": "user", "content": parts}])
            out = model.generate(**inputs, max_new_tokens=body["max_tokens"])
        return 200, processor.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)

    server.answer = answer
    done = run(server, "emo", questions, tmp_path / "served.jsonl")
    assert done.exit_code == 0, done.output
    assert {body["temperature"] for body in server.asked} == {0} and {body["model"] for body in server.asked} == {"emo"}
    command = [
        "eval",
        str(checkpoint),
        "--question-file",
        str(questions / "questions.jsonl"),
        "--image-folder",
        str(questions / "images"),
        "--answers-file",
        str(tmp_path / "own.jsonl"),
        "--workers",
        "0",
    ]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert said(tmp_path / "served.jsonl") == said(tmp_path / "own.jsonl") and len(said(tmp_path / "own.jsonl")) == 6


def decoded(part):
    if part["type"] == "text":
        return part
    return {"type": "image", "image": Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2])))}


def test_a_run_that_was_stopped_goes_on(server, questions, tmp_path):
    server.answer = lambda body: (400, "too long") if isinstance(body["messages"][0]["content"], str) else (200, "joy")
    stopped = run(server, "emo", questions, tmp_path / "a.jsonl", "--batch-size", "1")
    assert stopped.exit_code == 2 and "question 5: the endpoint answers 400" in stopped.output and "too long" in stopped.output
    assert len(said(tmp_path / "a.jsonl")) == 5
    server.asked.clear()
    server.answer = lambda body: (200, "Yes")
    assert run(server, "emo", questions, tmp_path / "a.jsonl").exit_code == 0
    assert len(server.asked) == 1 and said(tmp_path / "a.jsonl")[5] == "Yes"


def test_a_clip_is_sent_as_a_storyboard_or_as_frames(server, tmp_path):
    (tmp_path / "images").mkdir()
    make_clip_file(tmp_path / "images" / "clip.mp4")
    (tmp_path / "questions.jsonl").write_text(json.dumps({"question_id": 1, "video": "clip.mp4", "text": "Which?"}) + "\n")
    for frames, pictures in (("0", 1), ("3", 3)):
        server.asked.clear()
        done = run(server, "emo", tmp_path, tmp_path / f"{frames}.jsonl", "--clip-frames", frames)
        assert done.exit_code == 0, done.output
        content = server.asked[0]["messages"][0]["content"]
        assert [part["type"] for part in content] == ["image_url"] * pictures + ["text"]
        assert (content[-1]["text"] == "Which?") is (frames == "3")


def test_a_server_that_is_not_there_is_one_line(server, questions, tmp_path, monkeypatch):
    monkeypatch.setattr("emobench_data.io.connection.LONGEST_PAUSE", 0)
    server.shutdown()
    server.server_close()
    done = run(server, "emo", questions, tmp_path / "a.jsonl")
    assert done.exit_code == 2 and "cannot be reached" in done.output
    assert not (tmp_path / "a.jsonl").exists()


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (["--likelihood"], "--likelihood"),
        (["--self-consistency", "3"], "--self-consistency"),
        (["--dtype", "float32"], "--dtype"),
        (["--engine", "vllm"], "give one of them"),
    ],
)
def test_what_a_server_cannot_follow_is_one_line(option, why, server, questions, tmp_path):
    done = run(server, "emo", questions, tmp_path / "a.jsonl", *option)
    assert done.exit_code == 2 and why in done.output and not server.asked


def test_an_engine_wants_an_export_and_vllm(make, questions, tmp_path, monkeypatch):
    checkpoint = make(emollm_clips=True)
    command = [
        "eval",
        "--engine",
        "vllm",
        "--question-file",
        str(questions / "questions.jsonl"),
        "--image-folder",
        str(questions / "images"),
        "--answers-file",
        str(tmp_path / "a.jsonl"),
    ]
    done = CliRunner().invoke(main, [*command, str(checkpoint)])
    assert done.exit_code == 2 and "emollm export" in done.output
    export(checkpoint, tmp_path / "hf")
    assert describe(tmp_path / "hf").frames == 8
    monkeypatch.setenv("EMOLLM_VLLM_PYTHON", str(tmp_path / "none"))
    done = CliRunner().invoke(main, [*command, str(tmp_path / "hf")])
    assert done.exit_code == 2 and "cannot be started" in done.output


def test_a_folders_own_code_is_not_asked_about(make, tmp_path):
    """In a process where `emollm_plugin.hf` is not registered yet."""
    from ..trainings import launched

    export(make(), tmp_path / "hf")
    code = f"from pathlib import Path; from emollm_plugin.hf.engine import describe; describe(Path({str(tmp_path / 'hf')!r}))"
    log = tmp_path / "log"
    assert launched(["-c", code], log) == 0 and "custom code" not in log.read_text(), log.read_text()[-2000:]
