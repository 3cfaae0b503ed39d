"""A checkpoint that hears is asked: by `ask`, `explain`, `eval` and the page; one that does not says so."""

import json
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from emobench_data.io.errors import InputError
from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.predictor import Predictor
from emollm_plugin.projector.options import SoundOptions
from emollm_plugin.projector.sound import SoundProjector
from emollm_plugin.serving.explain.heard import listen
from emollm_plugin.serving.explain.seen import watching
from emollm_plugin.serving.web import answers
from tests.emobench_data.media.test_sound import float_wav, sweep

pytestmark = pytest.mark.host
RATE = 16_000


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voices")
    float_wav(folder / "short.wav", sweep(RATE, 0.8))
    float_wav(folder / "long.wav", sweep(RATE, 40.0))
    Image.new("RGB", (40, 30), "red").save(folder / "face.png")
    return folder


@pytest.fixture
def predictor(hearing_checkpoint, float32):
    return Predictor.load(str(hearing_checkpoint))


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def shares(*words):
    done = run("ask", *words, "--labels", "joy,fear", "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["probabilities"]


def test_a_voice_is_asked_about_alone_and_with_a_picture(hearing_checkpoint, predictor, voices):
    from emollm_plugin.serving.ask import ask

    voice, face = voices / "short.wav", voices / "face.png"
    alone = shares(hearing_checkpoint, voice)
    assert alone == pytest.approx(shares(hearing_checkpoint, "--audio", voice), abs=1e-5)
    wanted = ask(predictor, predictor.eyes.open(voice), labels=["joy", "fear"])["probabilities"]
    assert alone == pytest.approx(wanted, abs=1e-5)
    both = shares(hearing_checkpoint, face, "--audio", voice)
    assert both != pytest.approx(alone, abs=1e-4) and both != pytest.approx(shares(hearing_checkpoint, face), abs=1e-4)
    part = shares(hearing_checkpoint, voices / "long.wav", "--span", 3, 3.5)
    assert part != pytest.approx(alone, abs=1e-6)
    seen = predictor.eyes.open(face, voice)
    asked = predictor.ask(seen, "Which?")
    assert seen.kinds == ("image", "audio") and [token for token in asked.ids if token < 0] == [-200, -201]


def test_what_cannot_be_heard_is_one_line(hearing_checkpoint, checkpoint, voices):
    for words, said in (
        ((hearing_checkpoint, voices / "long.wav"), "40.0 s, too long: at most 30 s are heard at once; give a span"),
        ((hearing_checkpoint, voices / "long.wav", "--span", 50, 52), "no sound after 50 s"),
        ((hearing_checkpoint, voices / "short.wav", "--audio", voices / "long.wav", "--span", 0, 1), "is another"),
        ((checkpoint, voices / "short.wav"), "the model does not hear"),
        ((hearing_checkpoint, voices / "face.png", "--span", 0, 1), "no sound, and the span 0 to 1 s is of a sound"),
        ((hearing_checkpoint,), "name a picture, a clip, a sound"),
    ):
        done = run("ask", *words)
        assert done.exit_code == 2 and said in done.stderr, (words, done.output)


def test_explain_draws_what_is_heard(hearing_checkpoint, voices, tmp_path):
    plain = run("ask", hearing_checkpoint, voices / "short.wav", "--labels", "joy,fear")
    for name, words in (("voice", ()), ("both", (voices / "face.png", "--audio"))):
        done = run(
            "explain",
            hearing_checkpoint,
            *words,
            voices / "short.wav",
            "--labels",
            "joy,fear",
            "--out",
            tmp_path / f"{name}.png",
        )
        assert done.exit_code == 0, done.output
        assert name == "both" or done.stdout.splitlines()[:-1] == plain.stdout.splitlines()
    sizes = [Image.open(tmp_path / f"{name}.png").height for name in ("voice", "both")]
    assert sizes[1] > sizes[0] > 600


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_moment_that_differs_is_what_a_perspective_attends_to(dtype):
    torch.manual_seed(0)
    projector = SoundProjector(8, 12, SoundOptions.parse("multiperspective:tokens=4,width=32")).to(dtype)
    for read in projector.reads.values():
        read.to_value.open()
    sound = torch.randn(8).repeat(96, 1) + 0.01 * torch.randn(96, 8)
    sound[60:66] += 3 * torch.randn(8)
    given = sound.clone()
    with watching(projector) as passed, torch.no_grad():
        projector([sound])
    panels = {panel.heading.split()[0]: panel for panel in listen(projector, passed)}
    assert list(panels) == ["Tone", "Change", "Course"] and torch.equal(sound, given)
    for panel in panels.values():
        (one,) = panel.maps
        assert one.values.shape == (1, 48) and np.isclose(one.values.sum(), 1, atol=0.02)
        assert one.top == max(one.values.max(), 2 / 48)  # what counts as all the rest is no highlight
        # A change is the same for every size of it, as its norm makes it.
        assert "Change" in panel.heading or set(np.argsort(one.values[0])[-3:]) == {30, 31, 32}


def test_questions_with_sound_are_answered_as_one_by_one(hearing_checkpoint, checkpoint, predictor, voices, tmp_path):
    rows = [
        {"question_id": 0, "audio": "short.wav", "text": "Which emotion?", "options": ["joy", "fear"]},
        {"question_id": 1, "image": "face.png", "text": "Which emotion?", "options": ["joy", "fear"]},
        {"question_id": 2, "image": "face.png", "audio": "short.wav", "text": "Which emotion?", "options": ["joy", "fear"]},
    ]
    file, answers = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--question-file", file, "--image-folder", voices, "--answers-file", answers, "--likelihood", "--workers", 0)
    done = run("eval", hearing_checkpoint, *words)
    assert done.exit_code == 0, done.output
    said = {row["question_id"]: row["metadata"]["probabilities"] for row in map(json.loads, answers.read_text().splitlines())}
    for row in rows:
        image = voices / row["image"] if "image" in row else None
        sound = voices / row["audio"] if "audio" in row else None
        asked = predictor.ask(image, row["text"], sound=sound)
        wanted = predictor.probabilities_batch([asked], [row["options"]])[0]
        assert said[row["question_id"]] == pytest.approx(wanted, abs=1e-4)
    assert len({tuple(each.values()) for each in said.values()}) == 3
    answers.unlink()
    deaf = run("eval", checkpoint, *words)
    assert deaf.exit_code == 2 and "line 1: is about a medium of kind audio" in deaf.stderr
    file.write_text(json.dumps({**rows[0], "audio": "none.wav"}) + "\n")
    gone = run("eval", hearing_checkpoint, *words)
    assert gone.exit_code == 2 and "'none.wav' is no file below" in gone.stderr


def test_the_page_takes_a_voice_alone_or_with_a_picture(predictor, voices):
    voice, face = str(voices / "short.wav"), str(voices / "face.png")
    assert answers.preview(predictor, None, voice).seen.size == (80, 80)

    def ask(path, audio, draw):
        return answers.answer(predictor, nullcontext(), path, "", ["joy", "fear"], None, None, draw, audio)

    for path, audio in ((None, voice), (face, voice), (face, None)):
        shown = ask(path, audio, audio is not None)
        assert 'role="status"' in shown.said and sum(shown.shares.values()) == pytest.approx(1)
        assert bool(shown.drawn) == bool(shown.attended) == bool(audio)
    fault = ask(None, str(voices / "long.wav"), True).said
    assert 'role="alert">long.wav: 40.0 s, too long' in fault and str(voices) not in fault


def test_samples_of_any_rate_are_heard_as_their_file(predictor, voices):
    from_file = predictor.eyes.sound(voices / "short.wav").sound.spectrum
    samples = predictor.eyes.samples(np.stack([sweep(48_000, 0.8)] * 2), 48_000).sound.spectrum
    assert samples.shape == from_file.shape and (samples - from_file).abs().mean() < 0.05
    with pytest.raises(InputError, match="0 s of sound"):
        predictor.eyes.samples(np.zeros(0), 48_000)
