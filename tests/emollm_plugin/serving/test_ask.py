"""`emollm ask`: reasons that fit the emotion or none, the checkpoint's own labels, and many media at once."""

import json
import shutil

import pytest
from click.testing import CliRunner
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.schema.tasks import TASKS
from emollm_plugin.checkpoints.notes import learned_from
from emollm_plugin.cli.commands import main
from emollm_plugin.serving.ask import LABELS, NO_REASONS, TOKENS, ask, default_labels, learned, read_reasons
from emollm_plugin.serving.sub_task import About

pytestmark = pytest.mark.host


def noting(*records):
    """A note of a training on records `(id, answer)`."""
    made = [
        {"id": key, "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": answer}]}
        for key, answer in records
    ]
    return learned_from(made, "train.json")


BARE = noting(("mini/1/emo_c", "joy"), ("mini/2/emo_c", "fear"))
EXPLAINED = noting(("mini/1/emo_c", "A wide smile is seen.\nAnswer: joy"), ("mini/2/emo_c", "fear"))


@pytest.mark.parametrize(
    ("said", "rationale", "note"),
    [
        ("A bright smile, open arms.\nAnswer: joy", "A bright smile, open arms.", ""),
        ("People laugh together in the sun.", "People laugh together in the sun.", ""),
        # `happiness` is another word for it.
        ("All of it speaks of happiness and sun.\nAnswer: joy", "All of it speaks of happiness and sun.", ""),
        ("A dark street at night.\nAnswer: fear", "", "its own words come to fear, so they are left out"),
        ("This points to surprise.\nAnswer: joy", "", "its own words come to surprise, so they are left out"),
        ("surprise", "", "its own words come to surprise, so they are left out"),
        (
            "A dark street at night.\nAnswer: unease",
            "",
            "its own words come to none of the labels (unease), so they are left out",
        ),
        ("joy", "", "it gave no reasons"),
        ("", "", "it gave no reasons"),
        ("Joy, happiness", "", "it gave no reasons"),
    ],
)
def test_reasons_are_given_where_they_are_some_and_speak_for_the_emotion(said, rationale, note):
    assert read_reasons(said, "joy", ["joy", "fear", "anger"]) == (rationale, note)


def test_what_was_said_of_awe_and_surprise_never_is_again():
    assert read_reasons("surprise", "awe", ["awe", "fear"]).rationale == ""
    assert read_reasons("The wide mountains evoke surprise in all.", "awe", ["awe", "fear"]).rationale == ""


@pytest.fixture
def predictor(checkpoint):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


@pytest.fixture
def picture(asked):
    return asked / "images" / "0.png"


def test_a_model_that_was_trained_on_answers_alone_is_not_asked_for_reasons(predictor, picture, monkeypatch):
    predictor.model.config.emollm_training = BARE
    monkeypatch.setattr(predictor, "answer_batch", lambda *_, **__: pytest.fail("asked for words"))
    report = ask(predictor, predictor.eyes.open(str(picture)))
    assert (report["rationale"], report["note"]) == ("", NO_REASONS)
    assert report["trained_on"] == "EmoBench-mini (rendered drawings), 2 records"
    assert set(report["probabilities"]) == {"fear", "joy"}


@pytest.mark.parametrize("about", [None, About("emo_c", "")])
def test_a_question_that_is_refused_leaves_nothing_to_the_next(predictor, picture, tmp_path, monkeypatch, about):
    """Both are told apart by their place alone."""
    Image.new("RGB", (64, 64), "red").save(tmp_path / "other.png")
    one, other = predictor.eyes.open(picture), predictor.eyes.open(tmp_path / "other.png")
    predictor.model.config.emollm_training = EXPLAINED
    wanted = ask(predictor, other, about=about)
    if about:
        monkeypatch.setattr("emollm_plugin.serving.sub_task._report", lambda *_: 1 / 0)
        broken = pytest.raises(ZeroDivisionError)
    else:
        broken = pytest.raises(InputError)
    with broken:
        ask(predictor, one, None if about else "What does <image> show?", about=about)
    monkeypatch.undo()
    assert ask(predictor, other, about=about)["probabilities"] == wanted["probabilities"]


def test_one_that_gives_reasons_is_asked_as_it_was_trained(predictor, picture, monkeypatch):
    predictor.model.config.emollm_training, asked = EXPLAINED, []
    keep = predictor.prompter.question_ids
    monkeypatch.setattr(predictor.prompter, "question_ids", lambda text, **how: asked.append(text) or keep(text, **how))

    def answers(rows, *, max_new_tokens):
        assert max_new_tokens == TOKENS
        return ["She smiles.\nAnswer: joy", "It is she."]

    monkeypatch.setattr(predictor, "answer_batch", answers)
    report = ask(predictor, predictor.eyes.open(picture), "Who is it?", labels=["joy", "awe"])
    assert asked[1].startswith("Which emotion does this image show or evoke? Look at the scene")
    assert asked[1].endswith(f"Choose one of: joy, awe. {TASKS['emo_c'].close.split('. ', 1)[1]}")
    assert report["answer"] == "It is she."
    wanted = ("", "its own words come to joy, so they are left out") if report["emotion"] == "awe" else ("She smiles.", "")
    assert (report["rationale"], report["note"]) in (wanted, ("", "it gave no reasons"))


@pytest.mark.parametrize("task", ["emo_c", "humor"])
def test_steps_are_asked_for_where_they_were_learned_for_emotions(predictor, picture, monkeypatch, task):
    said = "Face: a wide smile\nFeeling: joy\nAnswer: joy"
    predictor.model.config.emollm_training, asked = noting((f"mini/1/{task}", said), ("mini/2/emo_c", "awe")), []
    keep = predictor.prompter.question_ids
    monkeypatch.setattr(predictor.prompter, "question_ids", lambda text, **how: asked.append(text) or keep(text, **how))
    monkeypatch.setattr(predictor, "answer_batch", lambda *_, **__: [said])
    report = ask(predictor, predictor.eyes.open(picture), labels=["joy", "happiness"])
    if task == "humor":  # reasons for another sub-task say nothing of emotions
        assert len(asked) == 1 and (report["rationale"], report["note"]) == ("", NO_REASONS)
    else:
        assert "a line each. Choose one of: joy, happiness. Close with" in asked[1]
        assert report["rationale"] == "Face: a wide smile\nFeeling: joy"


def test_a_checkpoint_of_before_is_asked_as_before_and_says_that_it_does_not_know(checkpoint, picture):
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(picture), "--json"])
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert tuple(report["probabilities"]) == LABELS and report["trained_on"].startswith("unknown")


def test_the_default_labels_are_those_of_the_training():
    def labels(*records):
        return list(default_labels({"emollm_training": noting(*records)}))

    assert labels(("mini/1/emo_o", "glad"), ("mini/2/emo_o", "sad"), ("mini/3/emo_c", "x"), ("mini/4/emo_c", "y")) == ["x", "y"]
    assert labels(("mini/1/emo_o", "glad"), ("mini/2/emo_o", "sad"), ("mini/3/hate", "Yes")) == ["glad", "sad"]
    assert labels(("1", "hope"), ("2", "doubt")) == ["doubt", "hope"]
    assert labels(("mini/3/hate", "Yes"), ("mini/4/hate", "No")) == list(LABELS) == list(default_labels({}))


def test_one_that_never_learned_to_name_an_emotion_says_so():
    config = {"emollm_training": noting(("mini/3/hate", "Yes"), ("mini/4/humor", "No"))}
    assert learned(config) == "EmoBench-mini (rendered drawings), 2 records; on hate, humor, and never to name an emotion"
    assert learned({"emollm_training": BARE}) == "EmoBench-mini (rendered drawings), 2 records"


@pytest.fixture
def album(asked, tmp_path):
    from ..conftest import make_clip_file

    album = tmp_path / "album"
    (album / "more").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "more/c.webp"):
        Image.new("RGB", (30, 30), (200, 20 * len(name), 9)).save(album / name)
    make_clip_file(album / "d.mp4")
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (album / "notes.txt").write_text("none")
    (album / ".hidden.png").write_bytes(b"")
    return album


def test_a_folder_is_answered_in_lines_and_what_cannot_be_read_is_one_of_them(checkpoint, album):
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(album), "Who?"])
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    names = [line["medium"].removeprefix(f"{album}/") for line in lines]
    assert names == ["a.JPG", "b.png", "broken.jpg", "d.mp4", "more/c.webp"]
    assert "broken.jpg" in lines[2]["error"] and "emotion" not in lines[2]
    assert all({"emotion", "confidence", "answer", "trained_on"} <= set(line) for line in lines if "error" not in line)
    assert done.exit_code == 1 and "1 of 5 could not be read" in done.stderr


def test_many_at_once_are_answered_as_one_by_one(float32, predictor, album, monkeypatch):
    from emollm_plugin.serving import many

    monkeypatch.setattr(many, "AT_ONCE", 2)
    (album / "broken.jpg").unlink()
    paths, question, single = many.found([str(album), "What is it?"])
    assert (question, single) == ("What is it?", False)
    together = list(many.answer_each(predictor, paths, question, None))
    for path, report in zip(paths, together):
        alone = ask(predictor, predictor.eyes.open(path), question)
        assert report["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-5)
        assert {key: report[key] for key in ("rationale", "answer")} == {key: alone[key] for key in ("rationale", "answer")}


def test_a_folder_of_frames_can_be_one_clip(checkpoint, album):
    for name in ("broken.jpg", "notes.txt", ".hidden.png", "d.mp4"):
        (album / name).unlink()
    shutil.rmtree(album / "more")
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(album), "--clip"])
    assert done.exit_code == 0 and done.stdout.splitlines()[-1].startswith("trained on: "), done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.png"], "none.png: missing"),
        (["0.png", "none.png"], "none.png: missing"),
        (["https://x.org/a.jpg"], "a web address"),
        (["empty"], "holds no picture, clip or sound"),
    ],
)
def test_what_cannot_be_asked_about_is_said_before_the_model_is_loaded(picture, tmp_path, monkeypatch, words, said):
    from emollm_plugin.evaluation.predictor import Predictor

    monkeypatch.setattr(Predictor, "load", lambda *_, **__: pytest.fail("loaded"))
    monkeypatch.chdir(tmp_path)
    shutil.copy(picture, tmp_path)
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(main, ["ask", "own/checkpoint", *words])
    assert done.exit_code == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1
    done = CliRunner().invoke(main, ["ask", "/nowhere", *words])
    assert done.exit_code == 2 and done.stderr.startswith("error: model folder /nowhere does not exist; "), "it stands first"
    done = CliRunner().invoke(main, ["ask", "empti", *words])
    assert done.exit_code == 2 and done.stderr == "error: model folder empti does not exist; did you mean empty?\n"
    for name, said in (
        ("emptee/run/lora", "; did you mean empty?"),
        ("other.png", "other.png is a file; "),
        ("empti/", "mean empty?"),
    ):
        Image.new("RGB", (8, 8)).save("other.png")
        done = CliRunner().invoke(main, ["ask", name, *words])
        assert done.exit_code == 2 and said in done.stderr, name


def test_paths_may_be_texts(checkpoint, asked, picture, predictor, tmp_path):
    from pathlib import Path

    from emollm_plugin.evaluation.predictor import Predictor
    from emollm_plugin.evaluation.run import evaluate
    from emollm_plugin.serving.explain import explain

    for kind in (str, Path):
        assert predictor.answer([kind(picture)], ["joy?"]) == predictor.answer([Image.open(picture)], ["joy?"])
        assert predictor.probabilities(kind(picture), "joy?", ["a", "b"])
        assert predictor.eyes.open(kind(picture)).medium == "image"
        assert Predictor.load(kind(checkpoint), dtype="float32").template == predictor.template
        out = tmp_path / kind.__name__
        out.mkdir()
        explain(predictor, kind(picture), out=kind(out / "seen.png"), labels=["joy", "fear"])
        questions, images, answers = (kind(each) for each in (asked / "questions.jsonl", asked / "images", out / "a.jsonl"))
        assert evaluate(predictor, questions, images, answers, model=kind(checkpoint), workers=0) == 11
