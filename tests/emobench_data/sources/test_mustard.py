import pytest

from emobench_data.io.errors import InputError

from .helpers import answers, convert, put


def scene(sarcasm=True, show="BBT", **more):
    return {
        "utterance": "How  lovely.",
        "speaker": "ANA",
        "context": ["It rained.", "On the café."],
        "context_speakers": ["BEN", "CLEO"],
        "show": show,
        "sarcasm": sarcasm,
        **more,
    }


def build(root):
    put(root, "sarcasm_data.json", {"1_60": scene(), "2_1": scene(False, "FRIENDS"), "3_S_1": scene(1, "FRIENDS")})


@pytest.mark.parametrize("folder", ["", "data"])
def test_speaker_independent_split_and_dialogue(tmp_path, folder):
    build(tmp_path / folder)
    records, skips = convert("mustard", tmp_path)
    assert answers(records, "sarcasm") == {"1_60": "Yes", "2_1": "No", "3_S_1": "Yes"} and not skips.counts
    assert [(r.split, r.group) for r in records] == [("train", "BBT"), ("test", "FRIENDS"), ("test", "FRIENDS")]
    assert records[0].text == ('Dialogue:\nBEN: It rained.\nCLEO: On the café.\nAsked about, said by ANA: "How lovely."')
    assert records[0].paths[0] == "utterances_final/1_60.mp4"
    assert records[0].attributes == {"speaker": "ANA", "words": "How lovely.", "before": "CLEO: On the café."}


@pytest.mark.parametrize(
    "context",
    [
        {"context": None},
        {"context_speakers": "BEN"},
        {"context": [], "context_speakers": []},
        {"context": [None, 3], "context_speakers": ["A", "B"]},
    ],
)
def test_missing_context(tmp_path, context):
    put(tmp_path, "sarcasm_data.json", {"1": scene(**context)})
    assert convert("mustard", tmp_path)[0][0].text == 'Asked about, said by ANA: "How lovely."'


@pytest.mark.parametrize(
    "item, row",
    [
        ("9", scene(None)),
        ("9", scene("maybe")),
        ("9", scene(-1)),
        ("9", []),
        ("", scene()),
        ("/9", scene()),
        ("../9", scene()),
        ("9", {}),
    ],
)
def test_bad_items_are_left_out_and_counted(tmp_path, item, row):
    put(tmp_path, "sarcasm_data.json", {"1_60": scene(), item: row})
    records, skips = convert("mustard", tmp_path)
    assert len(records) == 1 and sum(skips.counts.values()) == 1


def test_file_of_another_form(tmp_path):
    put(tmp_path, "sarcasm_data.json", [scene()])
    with pytest.raises(InputError, match="not an object of utterances"):
        convert("mustard", tmp_path)


def test_real_dialogues(shared_data):
    if not (shared_data / "mustard").is_dir():
        pytest.skip("no MUStARD in the shared data")
    records, skips = convert("mustard", shared_data / "mustard")
    assert [sum(r.answer == answer for r in records) for answer in ("Yes", "No")] == [345, 345] and not skips.counts
    assert [sum(r.split == split for r in records) for split in ("train", "test")] == [334, 356]
