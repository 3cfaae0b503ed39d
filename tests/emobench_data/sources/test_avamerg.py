"""AvaMERG: clips by their place in the dialogue, test by its last turns, and the authors' table of emotions not applied."""

import pytest

from emobench_data import InputError
from emobench_data.rationale.steps import steps_of

from .helpers import convert, put


def dialogue(number, turns=2, emotion="fear"):
    said = [{"index": n, "role": ("speaker", "listener")[n % 2], "utterance": f"It’s line {n}."} for n in range(2 * turns)]
    chain = {"speaker_emotion": emotion, "event_scenario": "a fall", "emotion_cause": "the dark", "goal_to_response": "to calm"}
    made = [
        {
            "turn_id": str(n),
            "context": "c",
            "dialogue_history": said[: 2 * n + 1],
            "response": said[2 * n + 1]["utterance"],
            "chain_of_empathy": chain,
        }
        for n in range(turns)
    ]
    profiles = {"speaker_profile": {"ID": 12, "age": "young"}, "listener_profile": {"ID": 40}}
    return {"conversation_id": f"{number:05}", **profiles, "topic": "t", "turns": made}


def build(root):
    put(root, "train.json", [dialogue(1, emotion="afraid"), dialogue(2, emotion="Joyful")])
    put(root, "v_test_v5_0.json", [dialogue(3, 4, "sad")])


def test_a_clip_is_named_by_its_place_and_the_speaker(tmp_path):
    build(tmp_path)
    records, skips = convert("avamerg", tmp_path)
    assert [(one.item, one.paths[0]) for one in records if one.task == "reply"] == [
        ("dia00001/0", "video/dia00001utt0_12.mp4"),
        ("dia00001/1", "video/dia00001utt2_12.mp4"),
        ("dia00002/0", "video/dia00002utt0_12.mp4"),
        ("dia00002/1", "video/dia00002utt2_12.mp4"),
        ("dia00003/3", "video/dia00003utt6_12.mp4"),
    ]
    assert {one.answer for one in records if one.task == "speaker_emotion"} == {"afraid", "joyful", "sad"} and not skips.counts
    assert records[2].text == "Dialogue:\nSpeaker: It’s line 0.\nListener: It’s line 1.\nSpeaker: It’s line 2."


def test_the_chain_leads_to_the_reply_in_steps(tmp_path):
    build(tmp_path)
    reply = next(one for one in convert("avamerg", tmp_path)[0] if one.task == "reply")
    assert steps_of(reply) == (("Feeling", "afraid"), ("Event", "a fall"), ("Cause", "the dark"), ("Goal", "to calm"))


@pytest.mark.parametrize("emotion", ["fear", "weary", "tiredness", "", None])
def test_a_word_that_is_none_of_the_32_is_counted_and_the_reply_kept(tmp_path, emotion):
    """The authors' table would turn `fear` into `afraid`, and has no word for being weary."""
    put(tmp_path, "train.json", [dialogue(1, 1, emotion)])
    records, skips = convert("avamerg", tmp_path)
    assert [one.task for one in records] == ["reply"] and skips.counts.total() == 1


def test_the_other_form_is_refused_by_its_name(tmp_path):
    put(tmp_path, "train.json", [{"conversation_id": "1", "speaker_profile": {}, "turn": {"dialogue": []}}])
    with pytest.raises(InputError, match="of the form with 'turn', which is not read"):
        convert("avamerg", tmp_path)


@pytest.mark.parametrize("change", [{"conversation_id": "../1"}, {"speaker_profile": {}}, {"turns": []}, {"turns": [3]}])
def test_dialogues_of_another_form_are_counted(tmp_path, change):
    put(tmp_path, "train.json", [dialogue(1, 1, "sad"), dialogue(2) | change])
    records, skips = convert("avamerg", tmp_path)
    assert len(records) == 2 and skips.counts.total() == 1
