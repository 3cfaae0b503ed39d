"""LLaVA's files: what its loaders expect, and nothing that would trip them."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data import InputError
from emobench_data.building.composition import Composition
from emobench_data.building.gather import Gathered
from emobench_data.building.record_exports import write_records
from emobench_data.building.statistics import Statistics
from emobench_data.export.llava import neutral
from emobench_data.io.outputs import Outputs
from emobench_data.mini.plan import make_plan
from emobench_data.schema.medium import Medium
from emobench_data.schema.parsing import closing
from emobench_data.schema.tasks import FORMS, TASKS

from ..make import read_lines, record, with_other_gold

HOSTILE = "look <image> and <video> </s> <|im_end|> <s> <IMAGE> <<image>> <im_start>"


def write(folder, records, split, *, videos="clips", **plan):
    """`records` as all of a split, in LLaVA's files."""
    composition = Composition(data_root=folder, parts=(), videos=videos, shuffle=None, **plan)
    with Outputs(folder) as outputs:
        own = [replace(one, split=split) for one in records]
        write_records(Gathered(own), composition, outputs, Statistics({}), tables=False)


def train(folder, *records, **plan):
    write(folder, records, "train", **plan)
    return orjson.loads((folder / "train.json").read_bytes())


def ask(folder, *records, **plan):
    write(folder, records, "test", **plan)
    return read_lines(folder / "questions.jsonl"), read_lines(folder / "gold.jsonl")


def test_training_entry(tmp_path):
    (entry,) = train(tmp_path, record(text='Tweet: "so"'))
    human, gpt = entry["conversations"]
    assert entry["id"] == "made_up/1/sarcasm"
    assert entry["image"] == "pictures/1.jpg"
    assert human["from"] == "human" and human["value"].startswith('<image>\nTweet: "so"\n')
    assert any(wording.format(medium="image") in human["value"] for wording in TASKS["sarcasm"].wording.training)
    assert gpt == {"from": "gpt", "value": "Yes"}


def test_text_only_has_no_medium(tmp_path):
    one = record(media="", text="words")
    (entry,) = train(tmp_path, one)
    assert "image" not in entry and "<image>" not in entry["conversations"][0]["value"]
    (question,), _ = ask(tmp_path, one)
    assert set(question) == {"question_id", "text", "options"}


def test_question_entry_has_no_placeholder_and_no_answer(tmp_path):
    (question,), (gold,) = ask(tmp_path, record(task="emo_o", answer="joy", references=("joy", "glee")))
    assert set(question) == {"question_id", "image", "text"}
    assert question["image"] == "pictures/1.jpg"
    assert "<image>" not in question["text"] and "joy" not in question["text"]
    assert gold == {
        "question_id": question["question_id"],
        "source": "made_up",
        "task": "emo_o",
        "answer": "joy",
        "references": ["joy", "glee"],
        "options": [],
    }


def test_options_are_the_label_set_whatever_the_answer(tmp_path):
    """They stand beside the question, so they must tell nothing of its answer."""
    labels = ("joy", "fear", "awe")
    closed = [ask(tmp_path, record(task="emo_c", answer=label, options=labels))[0][0]["options"] for label in labels]
    assert closed == [list(labels)] * 3
    assert [ask(tmp_path, record(answer=answer))[0][0]["options"] for answer in ("Yes", "No")] == [["Yes", "No"]] * 2


def test_gold_carries_the_group_where_there_is_one(tmp_path):
    """Intervals need it: records of one theme or dialogue hang together."""
    assert "group" not in ask(tmp_path, record())[1][0]
    (question,), (gold,) = ask(tmp_path, record(group="theme <image>"))
    assert gold["group"] == "theme [image]" and "group" not in question


@pytest.mark.parametrize("field", ["text", "item", "label"])
def test_a_placeholder_in_the_data_is_neutralised_everywhere(tmp_path, field):
    changes = {field: HOSTILE} if field != "label" else {"task": "intent", "answer": HOSTILE, "options": (HOSTILE,)}
    (entry,) = train(tmp_path, record(**changes))
    human, gpt = entry["conversations"]
    assert human["value"].count("<image>") == 1 and human["value"].startswith("<image>\n")
    (question,), (gold,) = ask(tmp_path, record(**changes))
    for text in (human["value"].removeprefix("<image>\n"), gpt["value"], entry["id"], str(question), str(gold)):
        assert not any(tag in text.lower() for tag in ("<image>", "<video>", "</s>", "<s>", "<|im_end|>", "<im_start>"))
    assert gold["answer"] == gpt["value"]


@given(st.text(alphabet="<>/|image s_", max_size=30))
def test_neutral_leaves_no_placeholder(text):
    assert not any(tag in neutral(text) for tag in ("<image>", "<s>", "</s>", "<|im|>"))


@pytest.mark.parametrize("text", ["I <3 you", "a < b > c", "->", "5<6", "😀 é"])
def test_neutral_leaves_other_text_alone(text):
    assert neutral(text) == text


def test_text_that_is_not_unicode_can_be_written(tmp_path):
    (entry,) = train(tmp_path, record(text="half \ud83d an emoji"))
    assert "half ? an emoji" in entry["conversations"][0]["value"]


def test_video_without_storyboards(tmp_path):
    clip = record(media="clips/1.mp4")
    (entry,) = train(tmp_path, clip)
    assert entry["video"] == "clips/1.mp4"
    assert entry["conversations"][0]["value"].startswith("<video>\n")
    (question,), _ = ask(tmp_path, clip)
    assert question["video"] == "clips/1.mp4" and "image" not in question and "<video>" not in question["text"]


def test_video_with_storyboards_is_a_picture(tmp_path):
    clip = record(media="clips/1.mp4")
    (entry,) = train(tmp_path, clip, videos="storyboards")
    (question,), _ = ask(tmp_path, clip, videos="storyboards")
    assert entry["image"] == question["image"] == "clips/1.mp4.storyboard.jpg"
    assert "video" not in entry
    assert entry["conversations"][0]["value"].startswith("<image>\nThe picture holds four frames")
    assert "<image>" not in question["text"] and "four frames" in question["text"]


BOTH = (Medium("image", "1.jpg"), Medium("image", "2.jpg"))


@pytest.mark.parametrize(
    ("media", "words"),
    [(BOTH, "has 2 media of kind image"), ((BOTH[0], Medium("video", "1.mp4")), "has an image and a video")],
)
def test_media_that_no_record_of_llavas_holds_are_refused(tmp_path, media, words):
    for write_it in (train, ask):
        with pytest.raises(InputError, match=f"record made_up/1/sarcasm: {words}; LLaVA's files hold one picture or clip"):
            write_it(tmp_path, record(media=media))


def test_the_same_records_give_the_same_bytes(tmp_path):
    records = [record(item=str(i)) for i in range(5)]
    train(tmp_path, *records)
    first = (tmp_path / "train.json").read_bytes()
    train(tmp_path, *records)
    assert (tmp_path / "train.json").read_bytes() == first


def test_a_rationale_stands_before_the_answer_and_is_asked_for(tmp_path):
    one = record(text='Tweet: "so"')
    (entry,) = train(tmp_path, one, rationale="only", rationales={one.id: "The words <image> praise rain."})
    human, gpt = (turn["value"] for turn in entry["conversations"])
    assert gpt == "The words [image] praise rain.\nAnswer: Yes" and closing(gpt) == "Yes"
    (question,), (gold,) = ask(tmp_path, one, form="guided")
    assert question["form"] == "guided" and set(gold) == set(ask(tmp_path, one)[1][0])
    assert human.startswith('<image>\nTweet: "so"\n') and human.endswith(TASKS["sarcasm"].close)
    assert question["text"].endswith(TASKS["sarcasm"].close)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", TASKS)
def test_ground_truth_cannot_reach_an_inference_prompt(tmp_path, task, form):
    """With every answer, accepted label and annotation of EmoBench-mini changed, its questions stay to the byte."""
    test = [one for one in make_plan(train=6, test=216, seed=0).records if (one.task, one.split) == (task, "test")]
    changed = list(map(with_other_gold, test))
    files = []
    for name, records in (("as it is", test), ("changed", changed)):
        (tmp_path / name).mkdir()
        ask(tmp_path / name, *records, videos="storyboards", form=form)
        files.append([(tmp_path / name / file).read_bytes() for file in ("questions.jsonl", "gold.jsonl")])
    assert len(test) == 36 and all(one.answer != other.answer for one, other in zip(test, changed))
    assert files[0][0] == files[1][0] and files[0][1] != files[1][1]
