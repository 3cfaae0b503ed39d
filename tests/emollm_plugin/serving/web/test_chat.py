"""The OpenAI-compatible endpoint: what it answers is what the model says, and what it refuses is said in OpenAI's form."""

import asyncio
import base64
import io
import json
from threading import Lock
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from PIL import Image

from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.decode import Said
from emollm_plugin.serving.web import routes
from emollm_plugin.serving.web.chat import LONGEST, Chat, ChatFault, answer, completion, events, fault_of, read_chat

TURNS = [{"role": role, "content": role[0]} for role in ("user", "assistant", "user")]
FAR = ["http://127.0.0.1/a.png", "https://example.org/a", "file:///etc/passwd", "/etc/passwd", "", None, 3]


def picture_url(color="red", kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (40, 20), color).save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def shown(url):
    return {"type": "image_url", "image_url": {"url": url}}


def body(*content, **settings):
    messages = settings.pop("messages", [{"role": "user", "content": list(content) or "Which emotion?"}])
    return json.dumps({"model": "tiny", "messages": messages, **settings}).encode()


def refused(request, model="tiny"):
    with pytest.raises(ChatFault) as caught:
        read_chat(request, model)
    return caught.value


def test_a_request_is_read():
    chat = read_chat(body(shown(picture_url()), {"type": "text", "text": "Who?"}, max_tokens=5, temperature=0, seed=1), "tiny")
    assert chat.turns == ("Who?",) and chat.max_tokens == 5 and not chat.stream
    (kind, (content, suffix)), *rest = chat.media.items()
    assert (kind, suffix, rest) == ("image_url", "", []) and Image.open(io.BytesIO(content)).size == (40, 20)
    assert read_chat(body(messages=TURNS, max_completion_tokens=7, temperature=0.0), "tiny") == Chat(
        ("u", "a", "u"), {}, 7, False
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a.png", "https://example.org/a", "file:///etc/passwd", "/etc/passwd", "", None, 3]
)
def test_addresses_and_files_are_refused_with_the_way_out(url):
    for part in (shown(url), {"type": "video_url", "video_url": {"url": url}}):
        fault = refused(body(part))
        assert "data:image/png;base64" in str(fault) and fault.param == "messages[0].content[0]" and fault.status == 400
    assert "passwd" not in str(refused(body(shown("file:///etc/passwd"))))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (body(model="other"), "'other' is not served"),
        (body(temperature=0.7), "temperature: answers here are greedy"),
        (body(n=2), "n: answers"),
        (body(tools=[{}]), "tools: answers"),
        (body(logprobs=True), "logprobs: answers"),
        (body(response_format={"type": "json_object"}), "response_format"),
        (body(max_tokens=0), "max_tokens: 0"),
        (body(max_tokens=True), "max_tokens: True"),
        (body(max_tokens=10**9), "max_tokens: 1000000000"),
        (body(messages=[]), "messages: none"),
        (body(messages="hello"), "messages: none"),
        (body(messages=[3]), "messages[0]: role None"),
        (body(messages=[{"role": "system", "content": "Be glad"}]), "put what you want to say into a user message"),
        (body(messages=[{"role": "assistant", "content": "Hello"}]), "so give user"),
        (
            body(messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
            "the last one is the assistant",
        ),
        (body(messages=[{"role": "user", "content": None}]), "neither a text"),
        (body("hello"), "no part of a known type"),
        (body({"type": "file", "file": {}}), "no part of a known type"),
        (body({"type": ["text"], "text": "a"}), "no part of a known type"),
        (body(shown("data:image/png;base64,%%")), "no base64"),
        (body(shown("data:image/png;base64,")), "0 bytes"),
        (body(shown("data:image/png,abc")), "send the content itself"),
        (body(shown(picture_url()), shown(picture_url())), "one picture or clip"),
        (body({"type": "input_audio", "input_audio": {"data": "aaaa", "format": "exe"}}), "format 'exe'"),
        (body({"type": "input_audio", "input_audio": {"format": "wav"}}), "no data"),
        (body({"type": "text", "text": "x" * (LONGEST + 1)}), "longer than"),
    ],
)
def test_what_is_not_done_is_refused(request_, words):
    fault = refused(request_)
    assert words in str(fault) and "\n" not in str(fault) and len(str(fault)) < 300
    said = fault_of(fault)["error"]
    assert (
        said["message"] == str(fault)
        and said["type"] == "invalid_request_error"
        and set(said) == {"message", "type", "param", "code"}
    )


def test_media_belong_to_the_first_turn():
    turns = [*TURNS[:2], {"role": "user", "content": [shown(picture_url())]}]
    assert "first message" in str(refused(body(messages=turns)))


def test_the_form_of_an_answer():
    made = completion(Said("joy", 30, 2, True), "tiny")
    assert made["object"] == "chat.completion" and made["choices"][0]["finish_reason"] == "stop"
    assert made["usage"] == {"prompt_tokens": 30, "completion_tokens": 2, "total_tokens": 32}
    assert completion(Said("jo", 30, 1, False), "tiny")["choices"][0]["finish_reason"] == "length"
    lines = events(Said("joy", 30, 2, True), "tiny").split(b"\n\n")
    assert lines[2:] == [b"data: [DONE]", b""]
    assert [json.loads(line[6:])["choices"][0]["delta"] for line in lines[:2]] == [{"role": "assistant", "content": "joy"}, {}]


def test_requests_wait_their_turn_and_too_many_are_sent_away(needs_gradio, monkeypatch, tmp_path):
    turn, inside, most = Lock(), [], []

    def answered(predictor, chat, folder):
        inside.append(chat)
        most.append(len(inside))
        inside.remove(chat)
        return Said(chat.turns[0], 1, 1, True)

    monkeypatch.setattr(routes, "answer", answered)
    monkeypatch.setattr(routes, "WAITING", 4)
    desk = routes.Desk(None, turn, tmp_path)

    async def ask(number):
        async def read():
            await asyncio.sleep(0)
            return body({"type": "text", "text": f"{number}"})

        return (await desk.complete(SimpleNamespace(body=read), "tiny"))[1].text

    async def all_of(count):
        return await asyncio.gather(*(ask(number) for number in range(count)), return_exceptions=True)

    found = asyncio.run(all_of(6))
    assert found[:4] == ["0", "1", "2", "3"] and [one.status for one in found[4:]] == [429, 429]
    assert max(most) == 1 and desk.waiting == 0 and not turn.locked()


@pytest.fixture(scope="module")
def loaded(checkpoint):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(checkpoint, device="cpu")


@pytest.mark.host
def test_answers_are_those_of_the_predictor_and_broken_media_are_said(loaded, tmp_path):
    text = {"type": "text", "text": "Which emotion does this image show?"}
    said = answer(loaded, read_chat(body(shown(picture_url()), text, max_tokens=6), "tiny"), tmp_path)
    image = Image.new("RGB", (40, 20), "red")
    assert said.text == loaded.answer([image], [text["text"]], max_new_tokens=6)[0]
    assert said.written <= 6 and said.read > len(loaded.ask(None, text["text"]).ids)
    none = answer(loaded, read_chat(body(text, max_tokens=6), "tiny"), tmp_path)
    assert none.text == loaded.answer([None], [text["text"]], max_new_tokens=6)[0]
    for content, words in ((b"no picture", "image_url: text"), (b"\x89PNG\r\n\x1a\n", "image_url: ")):
        url = "data:image/png;base64," + base64.b64encode(content).decode()
        with pytest.raises(ChatFault, match=words) as caught:
            answer(loaded, read_chat(body(shown(url)), "tiny"), tmp_path)
        assert str(tmp_path) not in str(caught.value)
    voice = {"type": "input_audio", "input_audio": {"data": "aaaa", "format": "wav"}}
    with pytest.raises(ChatFault, match="does not hear"):
        answer(loaded, read_chat(body(voice), "tiny"), tmp_path)
    with pytest.raises(ChatFault, match="stands for a medium"):
        answer(loaded, read_chat(body({"type": "text", "text": "<image> and"}), "tiny"), tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.host
def test_a_conversation_goes_on_and_one_that_is_too_long_is_refused(loaded, tmp_path, monkeypatch):
    turns = ("Which emotion does this image show?", "joy", "Why?")
    ids = loaded.prompter.dialogue_ids(turns, image=False)
    conv = loaded.prompter.conv.copy()
    for role, words in zip((conv.roles * 2)[:3], turns):
        conv.append_message(role, words)
    conv.append_message(conv.roles[1], None)
    assert ids == loaded.tokenizer(conv.get_prompt()).input_ids
    messages = [{"role": role, "content": words} for role, words in zip(("user", "assistant", "user"), turns)]
    chat = read_chat(body(messages=messages, max_tokens=2), "tiny")
    assert answer(loaded, chat, tmp_path).read == len(ids)
    short = answer(loaded, read_chat(body(shown(picture_url()), max_tokens=2), "tiny"), tmp_path)
    for limit, request in ((len(ids) - 1, body(messages=messages)), (short.read, body(shown(picture_url())))):
        monkeypatch.setattr(loaded.reader, "limit", limit)
        with pytest.raises(ChatFault, match=f"more than the {limit} tokens") as caught:
            answer(loaded, read_chat(request, "tiny"), tmp_path)
        assert caught.value.code == "context_length_exceeded"


@pytest.mark.host
def test_a_voice_is_heard(hearing_checkpoint, tmp_path):
    from emobench_data.mini.voices import as_wav, speak
    from emollm_plugin.evaluation.predictor import Predictor

    hears = Predictor.load(hearing_checkpoint, device="cpu")
    (tmp_path / "a.wav").write_bytes(as_wav(speak("anger", "a")))
    data = base64.b64encode((tmp_path / "a.wav").read_bytes()).decode()
    voice = {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    text = {"type": "text", "text": "Which emotion does the voice express?"}
    said = answer(hears, read_chat(body(voice, text, max_tokens=5), "tiny"), tmp_path)
    assert said.text == hears.answer([tmp_path / "a.wav"], [text["text"]], max_new_tokens=5)[0]


@pytest.mark.host
def test_the_endpoint_answers_as_emollm_eval_does(needs_gradio, loaded, checkpoint, asked, tmp_path, monkeypatch, float32):
    """The running server, asked by the package openai and by `emollm eval --endpoint`."""
    import openai

    from emollm_plugin.serving.web.running import start

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    page, address = start(loaded, "llava-tiny", None, "127.0.0.1", None)
    try:
        url = f"{address.rstrip('/')}/v1"
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        assert [one.id for one in client.models.list()] == ["llava-tiny"]
        message = {"role": "user", "content": [shown(picture_url()), {"type": "text", "text": "Which emotion?"}]}
        made = client.chat.completions.create(model="llava-tiny", messages=[message], max_tokens=4)
        text = loaded.answer([Image.new("RGB", (40, 20), "red")], ["Which emotion?"], max_new_tokens=4)[0]
        assert made.choices[0].message.content == text and 0 < made.usage.completion_tokens <= 4
        parts = client.chat.completions.create(model="llava-tiny", messages=[message], max_tokens=4, stream=True)
        assert "".join(part.choices[0].delta.content or "" for part in parts) == text
        with pytest.raises(openai.BadRequestError, match="are not fetched"):
            far = {"role": "user", "content": [shown("http://127.0.0.1:1/a.png")]}
            client.chat.completions.create(model="llava-tiny", messages=[far])
        with pytest.raises(openai.NotFoundError, match="'gpt' is not served"):
            client.chat.completions.create(model="gpt", messages=[message])
        files = ["--question-file", str(asked / "questions.jsonl"), "--image-folder", str(asked / "images")]
        said = []
        for name, where, words in (("a", str(checkpoint), ()), ("b", "llava-tiny", ("--endpoint", url))):
            out = tmp_path / f"{name}.jsonl"
            done = CliRunner().invoke(main, ["eval", where, *files, "--answers-file", str(out), *words])
            assert done.exit_code == 0, done.output
            said.append([json.loads(line)["text"] for line in out.read_text().splitlines()])
        assert said[0] == said[1] and len(said[0]) == 11 and len(set(said[0])) > 1
    finally:
        page.close()
