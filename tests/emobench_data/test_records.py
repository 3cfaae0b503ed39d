"""The record type refuses what would break an export or a score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data import InputError
from emobench_data.records import path_fault

from .make import record


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": ""}, "source and item"),
        ({"item": 7}, "source and item"),
        ({"item": "  "}, "source and item"),
        ({"task": "emotion"}, "unknown sub-task"),
        ({"split": "dev"}, "unknown split"),
        ({"modality": "audio"}, "unknown modality"),
        ({"media": ""}, "does not fit media"),
        ({"modality": "text"}, "does not fit media"),
        ({"modality": "text", "media": ""}, "needs a text"),
        ({"media": "/etc/passwd"}, "absolute"),
        ({"media": "a/../../b.jpg"}, "leaves the media root"),
        ({"media": "a\\..\\b.jpg"}, "leaves the media root"),
        ({"media": "C:\\b.jpg"}, "absolute"),
        ({"media": "a\nb.jpg"}, "control characters"),
        ({"answer": ""}, "answer is empty"),
        ({"answer": "Maybe"}, "must be Yes or No"),
        ({"accepted": ("No",)}, "not among the accepted"),
        ({"options": ("Yes", "No")}, "only closed-set"),
        ({"task": "intent", "answer": "Greet"}, "not in the label set"),
    ],
)
def test_a_fault_is_named_with_the_record(changes, words):
    with pytest.raises(InputError, match=words) as caught:
        record(**changes)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("record ")


def test_accepted_defaults_to_the_answer():
    assert record().accepted == ("Yes",)


def test_id_differs_between_sub_tasks():
    assert record().id == "made_up/1/sarcasm" != record(task="hate").id


@given(st.lists(st.sampled_from(["..", "a", "b c", "é", "."]), min_size=1), st.sampled_from("/\\"))
def test_no_accepted_path_leaves_the_root(parts, separator):
    path = separator.join(parts)
    if path_fault(path) is None:
        assert ".." not in path.replace("\\", "/").split("/")
