"""Which records a training leaves out or cuts before it begins, and what it keeps of having looked."""

import json
import shutil
import sys
from contextlib import nullcontext

import pytest
import torch

from emobench_data import InputError
from emollm_plugin.prompt.encode import IGNORE_INDEX
from emollm_plugin.training.samples import text_lengths

from ...emobench_data.odd_media import write_spoilt
from ..conftest import make_clip_file
from ..trainings import finish

pytestmark = pytest.mark.host


@pytest.fixture
def host():
    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train

    return train


@pytest.fixture
def plan(host, tiny, train_arguments, tmp_path, monkeypatch):
    """A function: what preflight makes of changed records and arguments."""
    from emollm_plugin.training.preflight import preflight

    def make(change=lambda records: None, **changes):
        records = json.loads((tiny.data / "train.json").read_text())
        change(records)
        (tmp_path / "changed.json").write_text(json.dumps(records))
        monkeypatch.setattr(sys, "argv", ["train", *train_arguments(data_path=tmp_path / "changed.json", **changes)])
        return preflight(host)

    return make


def with_answers(*answers):
    def change(records):
        for number, answer in answers:
            records[number]["conversations"][1]["value"] = answer

    return change


LONG = with_answers((3, "joy " * 99), (7, "fear " * 99), (9, "é" * 300))


def test_records_that_are_too_long_are_counted_and_the_ways_out_named(plan):
    with pytest.raises(InputError, match=r"record 4: \d+ tokens .*; 3 records are too long: --too_long drop .*, cut "):
        plan(LONG, model_max_length=150)
    with pytest.raises(InputError, match="--too_long 'shorten' is unknown; known: refuse, drop, cut"):
        plan(too_long="shorten")


def test_records_that_are_too_long_are_dropped(plan, caplog):
    kept = plan(LONG, model_max_length=150, too_long="drop")
    assert [record["id"] for record in kept.records] == [str(n) for n in range(16) if n not in (3, 7, 9)]
    assert "3 records longer than --model_max_length 150 are left out: record 4, 8, 10" in caplog.text
    assert kept.room is None


def long_question(records):
    LONG(records)
    records[11]["conversations"][0]["value"] += " please" * 99


def test_records_that_are_too_long_are_cut_while_a_label_is_left(plan, host, tiny, caplog, monkeypatch):
    kept = plan(long_question, model_max_length=150, too_long="cut")
    assert [record["id"] for record in kept.records] == [str(n) for n in range(16) if n != 11]
    assert "3 records are longer than --model_max_length 150: their answers are cut" in caplog.text
    assert "1 records of which no answer fits --model_max_length 150 are left out: record 12" in caplog.text
    whole, cut = (samples_of(host, kept, tiny, monkeypatch, room=room) for room in (None, kept.room))
    for number, (before, after) in enumerate(zip(whole, cut)):
        fits = 150 - 4 + 1  # four visual tokens stand where the picture's one id does
        assert torch.equal(after["input_ids"], before["input_ids"][:fits]) and len(after["labels"]) == len(after["input_ids"])
        assert (after["labels"] != IGNORE_INDEX).any()
        assert (len(before["input_ids"]) > fits) == (number in (3, 7, 9))


def samples_of(host, kept, tiny, monkeypatch, *, room):
    """All samples as the host's data set gives them in a training with this plan."""
    from transformers import CLIPImageProcessor

    options = host.DataArguments(image_folder=str(tiny.data / "images"), image_aspect_ratio="pad")
    options.is_multimodal, options.mm_use_im_start_end = True, False
    options.image_processor = CLIPImageProcessor.from_pretrained(tiny.clip)
    dataset = host.LazySupervisedDataset
    for name, value in (("clips", kept.clips), ("records", kept.records), ("room", room)):
        monkeypatch.setattr(dataset, name, value, raising=False)
    conversation = host.conversation_lib
    monkeypatch.setattr(conversation, "default_conversation", conversation.conv_templates["emoprompt_chatml"])
    made = dataset("no file that is read again", tiny.tokenizer, options)
    assert len(made) == len(kept.records)
    return [made[index] for index in range(len(made))]


def test_the_longest_is_found_by_tokens_and_not_by_letters(plan):
    def one_of_many(records):
        records += [dict(records[0], id=f"more {n}") for n in range(500)]
        for number, record in enumerate(records):
            ask = record["conversations"][0]
            answer = "é" * 90 if number == 444 else "joy " * 40
            record["conversations"] = [ask, {"from": "gpt", "value": answer}]

    with pytest.raises(InputError, match="record 445: .*; 1 records are too long"):
        plan(one_of_many, model_max_length=200)


def test_the_tokens_of_many_texts_are_those_of_each(tiny):
    texts = ["joy", "", "é é", "Which emotion?\n" * 30] * 700
    wanted = [len(tiny.tokenizer(text, add_special_tokens=False).input_ids) for text in texts[:4]]
    assert list(text_lengths(tiny.tokenizer, texts)) == wanted * 700


@pytest.fixture
def media(tiny, tmp_path):
    """A folder of media in which one picture is cut off and one clip is not there."""
    folder = tmp_path / "media"
    shutil.copytree(tiny.data / "images", folder)
    whole = (folder / "5.png").read_bytes()
    (folder / "5.png").write_bytes(whole[: len(whole) // 2])
    make_clip_file(folder / "clip.mp4")
    return folder


def to_clips(records):
    for number, name in ((3, "none.mp4"), (4, "clip.mp4")):
        records[number] = {**records[number], "video": name}
        del records[number]["image"]
        records[number]["conversations"][0]["value"] = "<video>\nWhich emotion?"


def test_records_of_a_few_faulty_media_are_left_out_and_counted(plan, media, caplog):
    """As MELD is distributed: a clip is missing and another is broken."""
    kept = plan(to_clips, image_folder=media, faulty_media=0.2)
    assert [record["id"] for record in kept.records] == [str(n) for n in range(16) if n not in (3, 5)]
    assert "2 of 16 media are faulty, 2 records of 16 are left out: 5.png (truncated), none.mp4 (missing)" in caplog.text


def test_more_faulty_media_than_that_mean_a_wrong_folder(plan, media):
    with pytest.raises(InputError, match=r"2 of 16 media of .*5.png \(truncated.*; get these files again.*--faulty_media 0.02"):
        plan(to_clips, image_folder=media)
    with pytest.raises(InputError, match="--faulty_media 2.0 is no share"):
        plan(faulty_media=2.0)


def test_what_was_decoded_once_is_not_decoded_at_a_restart(plan, media, tmp_path, monkeypatch):
    decoded = []
    import emobench_data.media.check as checking

    look = checking.examine
    monkeypatch.setattr(checking, "examine", lambda path, *more: (decoded.append(path.name), look(path, *more))[1])
    for changed, wanted in ((None, 14), (None, 0), ("7.png", 1)):  # what is faulty may be mended, and is looked at again
        if changed:
            shutil.copy(media / "0.png", media / changed)
        decoded.clear()
        plan(to_clips, image_folder=media, faulty_media=0.2)
        assert len([name for name in decoded if name not in ("none.mp4", "5.png")]) == wanted
    assert (tmp_path / ".media-checked").is_file(), "beside the output folder, which may not be there yet"
    plan(to_clips, image_folder=media, faulty_media=0.2, media_checked=tmp_path / "kept" / "here")
    assert (tmp_path / "kept" / "here").is_file()


def test_records_of_which_none_is_left_are_refused(plan):
    with pytest.raises(InputError, match="none of its 16 records can be trained on"):
        plan(model_max_length=20, too_long="drop")


def test_a_training_goes_on_without_what_is_faulty_and_too_long(tiny, media, train_arguments, tmp_path):
    """And with a clip of which frames in the middle are spoilt, which is read by those that decode."""
    records = json.loads((tiny.data / "train.json").read_text())
    to_clips(records)
    write_spoilt(media / "clip.mp4")
    LONG(records)
    (tmp_path / "records.json").write_text(json.dumps(records))
    changed = {
        "data_path": tmp_path / "records.json",
        "image_folder": media,
        "faulty_media": 0.2,
        "max_steps": None,
        "num_train_epochs": 1,
        "per_device_train_batch_size": 1,
        "model_max_length": 150,
    }
    for policy, steps in (("drop", 12), ("cut", 14)):  # the missing clip is of a record that is too long as well
        out = tmp_path / f"llava-{policy}"
        done = finish(train_arguments(**changed, too_long=policy, output_dir=out), out=out)
        assert len(done.curve()) == steps, policy
        assert "1 clips have frames that do not decode, for which the nearest are read: clip.mp4" in done.log.read_text()


@pytest.mark.parametrize("ends", ["well", "with an error"])
def test_a_training_leaves_the_hosts_data_set_as_it_was(train_arguments, monkeypatch, ends):
    """Or the next one of this process, or a reader of another file, would get the records of the first."""
    from llava.train import train as host

    from emollm_plugin.training.guard import guarded_train

    seen = []

    def host_train(attn_implementation):
        seen.append(host.LazySupervisedDataset.records)
        if ends == "with an error":
            raise RuntimeError

    monkeypatch.setattr(sys, "argv", ["train", *train_arguments()])
    with nullcontext() if ends == "well" else pytest.raises(RuntimeError):
        guarded_train(host_train, host)()
    assert len(seen[0]) == 16 and host.LazySupervisedDataset.records is host.LazySupervisedDataset.room is None
