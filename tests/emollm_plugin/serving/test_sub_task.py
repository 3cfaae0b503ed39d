"""A sub-task is asked as the checkpoint learned it, its steps are shown, and an answer is one that follows its reasons."""

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.schema.records import Medium, Record
from emobench_data.schema.tasks import DIRECT, STEPS, question, quoted
from emollm_plugin.cli.commands import main
from emollm_plugin.serving.ask import ask
from emollm_plugin.serving.sub_task import ANSWER_ALONE, NEVER_CLOSES, About

from .test_ask import noting

pytestmark = pytest.mark.host
CHAIN = "Words: glad\nPicture: gloomy\nClash: yes"
NOTE = noting(("mini/1/sarcasm", f"{CHAIN}\nAnswer: Yes"), ("mini/2/hate", "No"), ("mini/3/emo_c", "joy"))
WORDS = "So glad to be here"


@pytest.fixture
def predictor(checkpoint, float32):
    from emollm_plugin.evaluation.predictor import Predictor

    predictor = Predictor.load(str(checkpoint))
    predictor.model.config.emollm_training = NOTE
    return predictor


@pytest.fixture
def seen(predictor, asked):
    return predictor.eyes.open(asked / "images" / "0.png")


@pytest.fixture
def prompts(predictor, monkeypatch):
    """The questions that the predictor is asked."""
    asked, keep = [], predictor.prompter.question_ids
    monkeypatch.setattr(predictor.prompter, "question_ids", lambda text, **how: asked.append(text) or keep(text, **how))
    return asked


def trained(task, form):
    """The prompt that EmoBench's own question file has for such a record."""
    record = Record("mini", "1", task, (Medium("image", "a.png"),), "Yes", text=quoted("Caption", WORDS))
    return question(record, training=False, form=form)


def test_steps_are_asked_for_and_shown_and_the_label_is_the_likeliest_behind_them(predictor, seen, prompts, monkeypatch):
    monkeypatch.setattr(predictor, "_texts", lambda rows: [f"{CHAIN}\nAnswer: nonsense"] * len(rows))
    report = ask(predictor, seen, about=About("sarcasm", WORDS))
    assert prompts == [trained("sarcasm", STEPS)]
    assert (report["task"], report["rationale"], report["note"]) == ("sarcasm", CHAIN, "")
    assert report["confidence"] == max(report["probabilities"].values()) and set(report["probabilities"]) == {"Yes", "No"}
    assert report["label"] in ("Yes", "No") and report["trained_on"].startswith("EmoBench-mini")


def test_reasons_that_never_close_give_no_label(predictor, seen, monkeypatch):
    monkeypatch.setattr(predictor, "_texts", lambda rows: [CHAIN] * len(rows))
    report = ask(predictor, seen, about=About("sarcasm", WORDS))
    assert (report["label"], report["confidence"], report["note"]) == ("", 0.0, NEVER_CLOSES)


def test_one_that_was_learned_directly_is_asked_directly(predictor, seen, prompts):
    report = ask(predictor, seen, about=About("hate", WORDS))
    assert prompts == [trained("hate", DIRECT)]
    assert (report["rationale"], report["note"]) == ("", ANSWER_ALONE) and report["label"] in ("Yes", "No")


@pytest.mark.parametrize(
    ("about", "own", "said"),
    [
        (About("humor"), None, "was trained on sarcasm, hate, emo_c"),
        (About("wit"), None, "unknown sub-task"),
        (About("hate"), "Who is it?", "asks a question of its own"),
    ],
)
def test_what_cannot_be_asked_is_refused(predictor, seen, about, own, said):
    with pytest.raises(InputError, match=said):
        ask(predictor, seen, own, about=about)


def test_the_commands_take_a_sub_task_and_draw_its_steps(checkpoint, asked, tmp_path, float32, monkeypatch):
    from emollm_plugin.evaluation.predictor import Predictor

    monkeypatch.setattr(Predictor, "_texts", lambda _, rows: [f"{CHAIN}\nAnswer: Yes"] * len(rows))
    keep = Predictor.load

    def load(*args, **kwargs):
        predictor = keep(*args, **kwargs)
        predictor.model.config.emollm_training = NOTE
        return predictor

    monkeypatch.setattr(Predictor, "load", load)
    picture, out = str(asked / "images" / "3.png"), tmp_path / "seen.png"
    words = [str(checkpoint), picture, "--task", "sarcasm", "--text", WORDS]
    done = CliRunner().invoke(main, ["ask", *words])
    assert done.exit_code == 0, done.output
    assert "task: sarcasm" in done.stdout and f"rationale: {CHAIN}" in done.stdout
    drawn = CliRunner().invoke(main, ["explain", *words, "--out", str(out)])
    assert drawn.stdout.splitlines() == [*done.stdout.splitlines(), str(out)]
    refused = CliRunner().invoke(main, ["ask", str(checkpoint), picture, "--text", WORDS])
    assert refused.exit_code == 2 and "give --task too" in refused.stderr


def test_each_step_is_drawn_on_a_line_of_its_own_beside_its_name(monkeypatch):
    from emollm_plugin.serving.explain.picture import Sheet

    lines = []
    monkeypatch.setattr(Sheet, "_text", lambda self, x, text, *_, **__: lines.append((x, self.y, text)) or 20)
    report = {"task": "sarcasm", "label": "Yes", "confidence": 0.9, "probabilities": {"Yes": 0.9, "No": 0.1}}
    Sheet(Image.new("RGB", (8, 8)), "t").answer({**report, "words": WORDS, "rationale": CHAIN, "trained_on": "x"}, None)
    place = {text: (x, y) for x, y, text in lines}
    assert "Sarcasm: Yes, 90 %" in place and place[f'With the words "{WORDS}"'][1] < place["Words"][1]
    for name, value in (line.split(": ") for line in CHAIN.split("\n")):
        assert place[name][1] == place[value][1] and place[name][0] < place[value][0]
    assert place["Words"][1] < place["Picture"][1] < place["Clash"][1]
