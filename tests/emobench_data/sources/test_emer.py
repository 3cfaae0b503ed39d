"""EMER, OV-MERD and MER2025: lists of free words as Python writes them, descriptions, subtitles of a file of their own."""

import pytest

from emobench_data.sources.emer import LONG, NO_WORDS

from .helpers import convert, put


def build(root):
    rows = "a_1,\"['Angry', 'don''t care', 'angry ']\"\n".replace("don''t care", "worried") + 'b_2,"[]"\n'
    put(root, "track2_train_ovmerd.csv", "name,openset\n" + rows)
    put(root, "track3_train_ovmerd.csv", 'name,reason\na_1,"He frowns, so he’s angry."\n')
    put(root, "subtitle_chieng.csv", 'name,chinese,english\na_1,x,"I’ve had enough &amp; go"\n')


def test_words_and_descriptions_of_one_clip(tmp_path):
    build(tmp_path)
    records, skips = convert("emer", tmp_path)
    assert [(one.item, one.task, one.answer) for one in records] == [
        ("a_1", "open_emotions", ("angry", "worried")),
        ("b_2", "open_emotions", ("neutral",)),
        ("a_1", "emotion_description", "He frowns, so he’s angry."),
    ]
    assert records[0].paths[0] == "video/a_1.mp4" and records[0].text == 'Subtitle: "I’ve had enough & go"'
    assert records[1].text == "" and not skips.counts


def test_an_apostrophe_breaks_no_word(tmp_path):
    """The authors' parser cuts at every quotation mark."""
    put(tmp_path, "track2_train_ovmerd.csv", 'name,openset\na,"[""can\'t believe it"", \'sad\']"\n')
    (record,) = convert("emer", tmp_path)[0]
    assert record.answer == ("can't believe it", "sad")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("__import__('os').getcwd()", NO_WORDS),
        ("angry", NO_WORDS),
        ("[1]", NO_WORDS),
        ("{'a'}", NO_WORDS),
        ("['he is about to leave the room']", LONG),
        ("['sad, or so']", LONG),
    ],
)
def test_what_is_no_list_of_words_is_counted_and_never_run(tmp_path, cell, reason):
    put(tmp_path, "track2_train_ovmerd.csv", f'name,openset\na,"{cell}"\nb,"[\'sad\']"\n')
    records, skips = convert("emer", tmp_path)
    assert len(records) == 1 and skips.counts == {reason: 1}


def test_a_name_that_leads_elsewhere_is_left_out(tmp_path):
    put(tmp_path, "track2_train_ovmerd.csv", "name,openset\n../a,['sad']\n,['sad']\nb,['sad']\n")
    records, skips = convert("emer", tmp_path)
    assert len(records) == 1 and skips.counts.total() == 2


def test_emer_of_both_versions(tmp_path):
    put(tmp_path, "dataset-v1/gt-eng.csv", 'names,emotions,subtitles,reasons\ns_1,angry,Go away.,"He shouts."\n')
    put(tmp_path, "dataset-v2/final-EMER-reason.csv", "name,chinese,english\ns_1,x,Again.\ns_2,x,She smiles.\n")
    records, skips = convert("emer", tmp_path)
    assert [(one.item, one.answer, one.text) for one in records] == [
        ("s_1", "He shouts.", 'Subtitle: "Go away."'),
        ("s_2", "She smiles.", ""),
    ]
    assert skips.counts == {"the same item again": 1}
