"""What a run will read is read before it trains."""

import codecs
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.media.video import Sampling
from emobench_data.sharding import write_shards
from emollm_plugin.recipes.inputs import as_llava_reads, check_questions, check_records, media_of, read_records
from emollm_plugin.recipes.prepare import Data

TURNS = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "joy"}]
RECORD = {"id": "1", "image": "a.png", "conversations": TURNS}
QUESTION = {"question_id": "1", "image": "a.png", "text": "Which?", "options": ["joy", "anger"]}
GOLD = {"question_id": "1", "task": "emo_c", "answer": "joy", "options": ["joy", "anger"]}
PROJECTOR = "multiperspective:frames=2"
BOM = codecs.BOM_UTF8


def lines(*entries, begin=b""):
    return begin + b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def test_shards_are_read_record_by_record_and_left_as_they_are(tmp_path):
    (tmp_path / "train.json").write_bytes(lines(RECORD, {**RECORD, "id": "2"}))
    write_shards(tmp_path / "train.json", tmp_path / "shards", 2)
    manifest = tmp_path / "shards" / "shards.json"
    assert list(read_records(manifest)) == [RECORD, {**RECORD, "id": "2"}]
    assert media_of(read_records(manifest)) == ["a.png"]
    assert as_llava_reads(Data(manifest, tmp_path, None, None)) == {}


@pytest.fixture
def files(tmp_path):
    """Writes files of a run, and gives them as `Data`; one picture lies there."""
    (tmp_path / "images").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.png")

    def write(train=json.dumps([RECORD]).encode(), questions=lines(QUESTION), gold=lines(GOLD), name="questions.jsonl"):
        for place, content in (("train.json", train), (name, questions), ("gold.jsonl", gold)):
            (tmp_path / place).write_bytes(content)
        return Data(tmp_path / "train.json", tmp_path / "images", tmp_path / name, tmp_path / "gold.jsonl")

    return write


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([RECORD]).encode(),
        BOM + json.dumps([RECORD]).encode(),
        lines(RECORD),
        lines(RECORD, begin=BOM),
        b"\n" + json.dumps([RECORD], indent=1).encode(),
    ],
    ids=["list", "mark", "lines", "lines with a mark", "indented"],
)
def test_training_data_are_read_in_every_form_and_handed_to_llava_in_its_own(files, content):
    data = files(content)
    assert read_records(data.train) == [RECORD]
    for name, written in as_llava_reads(data).items():
        getattr(data, name).write_bytes(written)
    assert json.load(open(data.train)) == [RECORD]  # as the host does
    assert as_llava_reads(data) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,image,label\n1,a.png,joy\n", r"a CSV table \(id,image,label\)"),
        (b"id\timage\n1\ta.png\n", "a TSV table"),
        ("[]".encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        (b"PAR1....", "a Parquet table"),
        (b'[{"id": 1}, ', "may be cut off"),
        (b'{"a": [1]}', "holds no list"),
        (b"PK\3\4", "an archive, not JSON; unpack it"),
        (lines(RECORD) + b'{"id"', "line 2: not valid JSON"),
    ],
)
def test_training_data_of_another_kind_are_named_for_what_they_are(files, content, said):
    with pytest.raises(InputError, match=said):
        read_records(files(content).train)


def test_no_record_and_media_of_no_folder_are_said_before_anything_is_loaded(files):
    data = files(json.dumps([]).encode())
    with pytest.raises(InputError, match="train.json: holds no record"):
        check_records(data, read_records(data.train))
    text = {"id": "2", "conversations": TURNS}
    for folder, records in ((None, [text, RECORD]), ("images", [text, RECORD]), (None, [text])):
        own = replace(data, images=folder)
        if folder is None and RECORD in records:
            with pytest.raises(InputError, match="names a.png; say with IMAGE_FOLDER"):
                check_records(own, records)
        else:
            check_records(own, records)


def test_questions_and_gold_with_a_byte_order_mark_and_blank_lines(files):
    data = files(questions=lines(QUESTION, begin=BOM) + b"\n", gold=lines(GOLD, begin=BOM))
    assert [one.id for one in check_questions(data, hosts_evaluator=True, projector=PROJECTOR)] == ["1"]
    (data.questions).write_bytes(as_llava_reads(data)["questions"])
    assert [json.loads(line) for line in open(data.questions)] == [QUESTION]  # as the host's evaluator does


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"questions": lines({"question_id": "1", "video": "a.mp4", "text": "?"})},
            "no picture, and LLaVA's evaluator reads",
        ),
        ({"questions": lines({**QUESTION, "text": "<image> Which?"})}, "the text holds <image>"),
        ({"questions": lines({**QUESTION, "image": "none.png"})}, "1 of 1 media .* faulty: none.png"),
        ({"questions": b"{"}, "not valid JSON"),
        ({"questions": b""}, "no question"),
        ({"gold": lines({**GOLD, "question_id": "7"})}, "holds no answer to '1'"),
        ({"gold": b"x"}, "not valid JSON"),
        ({"questions": b"[]", "name": "questions.json"}, "one JSON list"),
    ],
)
def test_questions_that_cannot_be_asked_or_scored_are_found_before_training(files, changes, said):
    with pytest.raises(InputError, match=said):
        check_questions(files(**changes), hosts_evaluator=True, projector=PROJECTOR)


def test_a_text_alone_is_for_our_own_evaluator(files):
    data = files(questions=lines({"question_id": "1", "text": "Which?"}))
    assert len(check_questions(data, hosts_evaluator=False, projector=PROJECTOR)) == 1
    with pytest.raises(InputError, match="questions.jsonl.*no picture.*EVALUATOR=emollm"):
        check_questions(data, hosts_evaluator=True, projector=PROJECTOR)


def test_a_picture_that_is_none_is_found_before_training(files, tmp_path):
    data = files()
    (tmp_path / "images" / "a.png").write_bytes(b"none")
    with pytest.raises(InputError, match="a.png .*take the questions out"):
        check_questions(data, hosts_evaluator=True, projector=PROJECTOR)


def test_a_clip_is_checked_at_the_frames_that_training_reads(files, tmp_path):
    """Of twenty frames the first and last are broken: two frames are read there, eight elsewhere for the most part."""
    clip = tmp_path / "images" / "clip"
    clip.mkdir()
    for number in range(20):
        Image.new("RGB", (8, 8)).save(clip / f"{number}.png")
    for number in Sampling(frames=2).choose(np.arange(20)):
        (clip / f"{number}.png").write_bytes(b"none")
    data = files(questions=lines({"question_id": "1", "video": "clip", "text": "?", "options": ["joy", "anger"]}))
    assert len(check_questions(data, hosts_evaluator=False, projector="multiperspective")) == 1
    with pytest.raises(InputError, match="1 of 1 media .* faulty: clip"):
        check_questions(data, hosts_evaluator=False, projector=PROJECTOR)


def test_media_are_listed_once_in_whatever_form_they_are_named():
    assert media_of([{"image": "b"}, {"image": ["a", "b"]}, {"video": "c"}, {}, "x", {"image": 3}]) == ["a", "b", "c"]
