"""EmpatheticDialogues: lines cut at commas, whatever quotation marks stand in them."""

import pytest

from emobench_data import InputError
from emobench_data.rationale.steps import steps_of
from emobench_data.sources.empathetic_dialogues import BROKEN, EMOTIONS, HISTORY

from .helpers import convert, put

HEADER = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"


def talk(conv, *said, emotion="joyful", prompt="My cat came home_comma_ at last."):
    rows = [
        f"hit:{conv}_conv:{2 * conv},{n},{emotion},{prompt},{11 + n % 2},{line},5|5|5_2|2|5,\n"
        for n, line in enumerate(said, 1)
    ]
    return "".join(rows)


def build(root):
    said = "She’s back_comma_ she is!", "Oh &amp; how?", "By herself.", "Good."
    put(root, "train.csv", HEADER + talk(0, *said) + talk(7, "Alone again.", emotion="lonely"))
    put(root, "valid.csv", HEADER + talk(1, "It’s dark here", "Where?", emotion="afraid"))
    put(root, "test.csv", HEADER + talk(2, "I won", "Well done", emotion="proud"))


def of(records, task):
    return [one for one in records if one.task == task]


def test_emotion_once_a_dialogue_and_replies_of_the_even_turns(tmp_path):
    build(tmp_path)
    records, skips = convert("empathetic_dialogues", tmp_path)
    assert [(one.item, one.answer, one.split) for one in of(records, "speaker_emotion")] == [
        ("train/hit:0_conv:0", "joyful", "train"),
        ("train/hit:7_conv:14", "lonely", "train"),
        ("val/hit:1_conv:2", "afraid", "val"),
        ("test/hit:2_conv:4", "proud", "test"),
    ]
    assert of(records, "speaker_emotion")[0].text == 'Situation: "My cat came home, at last."'
    assert [one.answer for one in of(records, "reply")] == ["Oh & how?", "Good.", "Where?", "Well done"]
    second = of(records, "reply")[1]
    assert second.text == "Dialogue:\nSpeaker: She’s back, she is!\nListener: Oh & how?\nSpeaker: By herself."
    assert "cat" not in second.text and steps_of(second) == (("Feeling", "joyful"),) and not skips.counts
    assert len(EMOTIONS) == 32


def test_a_quotation_mark_swallows_no_line(tmp_path):
    """A reader of CSV would take what follows an opened quotation mark into one field, line after line."""
    rows = talk(0, '"Hey', "Yes") + talk(1, 'He said "no', 'Oh"') + talk(2, "So", '"It is')
    put(tmp_path, "train.csv", HEADER + rows)
    records, skips = convert("empathetic_dialogues", tmp_path)
    assert [one.answer for one in of(records, "reply")] == ["Yes", 'Oh"', '"It is'] and not skips.counts


def test_chats_in_the_ratings_and_leading_blanks_are_nothing(tmp_path):
    put(tmp_path, "train.csv", HEADER + talk(0, " So", " Yes").replace("5|5|5_2|2|5", '5|5|5,"hi",x'))
    records, skips = convert("empathetic_dialogues", tmp_path)
    assert of(records, "reply")[0].answer == "Yes" and not skips.counts


def test_a_dialogue_with_a_turn_missing_ends_there(tmp_path):
    rows = talk(0, "a", "b", "c", "d").splitlines(keepends=True)
    put(tmp_path, "train.csv", HEADER + rows[0] + rows[1] + rows[3] + talk(1, "a", "b"))
    records, skips = convert("empathetic_dialogues", tmp_path)
    assert len(of(records, "reply")) == 2 and skips.counts == {BROKEN: 1}


def test_the_history_is_bounded(tmp_path):
    put(tmp_path, "train.csv", HEADER + talk(0, *(f"turn {n}" for n in range(12))))
    last = of(convert("empathetic_dialogues", tmp_path)[0], "reply")[-1]
    assert last.text.split("\n")[1:] == [f"{'Listener' if n % 2 else 'Speaker'}: turn {n}" for n in range(11 - HISTORY, 11)]


@pytest.mark.parametrize(
    "bad", ["hit:9_conv:9,1,joyful\n", "hit:9_conv:9,one,joyful,p,1,u\n", "hit:9_conv:9,1,gleeful,p,1,u\n"]
)
def test_lines_of_another_form_are_counted(tmp_path, bad):
    put(tmp_path, "train.csv", HEADER + talk(0, "a", "b") + bad)
    records, skips = convert("empathetic_dialogues", tmp_path)
    assert len(records) == 2 and skips.counts.total() == 1


def test_another_header_is_refused(tmp_path):
    put(tmp_path, "train.csv", "conv_id,utterance_idx,prompt,context,speaker_idx,utterance\na,1,b,joyful,1,c\n")
    with pytest.raises(InputError, match=r"train\.csv: does not begin with the columns conv_id, utterance_idx, context"):
        convert("empathetic_dialogues", tmp_path)
