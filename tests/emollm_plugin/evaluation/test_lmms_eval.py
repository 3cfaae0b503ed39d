"""The checkpoint as a model of lmms-eval: its answers are those of the predictor, whatever a batch holds."""

import json
import sys
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

import pytest
from PIL import Image

from emobench_data.io.errors import InputError

pytestmark = [pytest.mark.host, pytest.mark.current_stack]


class Lmms:
    """What of lmms-eval's base class the model uses."""

    def __init__(self):
        self.task_dict = {}


@pytest.fixture
def make_model(checkpoint, monkeypatch):
    if find_spec("lmms_eval") is None:
        for name in ("lmms_eval", "lmms_eval.api", "lmms_eval.api.model"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        sys.modules["lmms_eval.api.model"].lmms = Lmms
        monkeypatch.delitem(sys.modules, "emollm_plugin.evaluation.lmms_eval.model", raising=False)

    def build(pretrained=checkpoint, **arguments):
        from emollm_plugin.evaluation.lmms_eval.model import EmoLLM

        return EmoLLM(pretrained=str(pretrained), device="cpu", **arguments)

    return build


def request(text, document, tokens=12, until=(), visuals=lambda document: document):
    return SimpleNamespace(args=(text, {"max_new_tokens": tokens, "until": list(until)}, visuals, document, "t", "test"))


def test_answers_are_those_of_one_question_at_a_time(make_model, asked, float32):
    model = make_model(batch_size="3")
    rows = [json.loads(line) for line in (asked / "questions.jsonl").read_text().splitlines()]
    images = [Image.open(asked / "images" / row["image"]) for row in rows]
    model.task_dict = {"t": {"test": [[image] for image in images] + [[]]}}
    requests = [request(row["text"], place, tokens=12 if place % 2 else 5) for place, row in enumerate(rows)]
    requests.append(request("joy or fear?", len(images)))
    wanted = [
        model.predictor.answer([image], [row["text"]], max_new_tokens=12 if place % 2 else 5)[0]
        for place, (image, row) in enumerate(zip(images, rows))
    ]
    found = model.generate_until(requests)
    assert found == [*wanted, *model.predictor.answer([None], ["joy or fear?"], max_new_tokens=12)]
    assert len(set(found)) > 1
    letter = found[0][1]
    assert model.generate_until([request(rows[0]["text"], 0, 5, [letter])]) == [found[0].split(letter)[0].strip()]


def test_a_clip_and_what_cannot_be_asked(make_model, tmp_path):
    from tests.emollm_plugin.conftest import make_clip_file

    model = make_model(batch_size=1)
    clip = str(make_clip_file(tmp_path / "c.mp4"))
    model.task_dict = {"t": {"test": [[clip], [clip, clip]]}}
    frames = model.predictor.ask_clip(tmp_path, "c.mp4", "What?")
    assert model.generate_until([request("What?", 0)]) == model.predictor.answer_batch([frames], max_new_tokens=12)
    # The looks of clips are remembered by name, and another folder may hold another clip of that name.
    (tmp_path / "b").mkdir()
    other = make_clip_file(tmp_path / "b" / "c.mp4", [250] * 5)
    assert model.predictor.ask_clip(other.parent, "c.mp4", "What?").picture != frames.picture
    with pytest.raises(InputError, match="2 pictures"):
        model.generate_until([request("What?", 1)])
    with pytest.raises(InputError, match="generate_until"):
        model.loglikelihood([])
    with pytest.raises(InputError, match="--batch_size"):
        make_model(batch_size="auto")


def test_what_a_task_gives_as_doc_to_audio_is_heard(make_model, hearing_checkpoint, tmp_path):
    from tests.emobench_data.media.test_sound import float_wav, sweep

    model, wave = make_model(hearing_checkpoint, batch_size=2), sweep(16_000, 0.7)
    voice = float_wav(tmp_path / "voice.wav", wave)
    image = Image.new("RGB", (30, 20), "red")
    decoded = {"array": wave, "sampling_rate": 16_000, "path": None}
    model.task_dict = {"t": {"test": [[str(voice)], [decoded], [image, decoded], [decoded, decoded]]}}
    rows = [model._ask(request("What?", place)) for place in range(3)]
    assert [[token for token in row.ids if token < 0] for row in rows] == [[-201], [-201], [-200, -201]]
    assert (rows[0].sound.spectrum - rows[1].sound.spectrum).abs().max() < 1e-3
    assert model.generate_until([request("What?", place) for place in range(3)]) == [
        model.predictor.answer_batch([row], max_new_tokens=12)[0] for row in rows
    ]
    with pytest.raises(InputError, match="2 sounds"):
        model.generate_until([request("What?", 3)])
