"""The record type refuses what would break an export or a score."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench_data import InputError
from emobench_data.building.composition import Composition
from emobench_data.building.gather import Gathered
from emobench_data.building.record_exports import write_records
from emobench_data.building.statistics import Statistics
from emobench_data.io.outputs import Outputs
from emobench_data.schema.records import Medium, Record, path_fault
from emobench_data.schema.tasks import TASKS

from ..make import record


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": ""}, "source and item"),
        ({"item": 7}, "source and item"),
        ({"item": "  "}, "source and item"),
        ({"task": "emotion"}, "unknown sub-task"),
        ({"split": "dev"}, "unknown split"),
        ({"media": (Medium("smell", "1.jpg"),)}, "unknown kind of medium 'smell'; known: image, video"),
        ({"media": (Medium("image", ""),)}, "has no path"),
        ({"media": ("1.jpg",)}, "no tuple of Medium"),
        ({"media": [Medium("image", "1.jpg")]}, "no tuple of Medium"),
        ({"media": (Medium("image", "1.jpg"), Medium("image", "../2.jpg"))}, "leaves the media root"),
        ({"media": ""}, "needs a text"),
        ({"media": "/etc/passwd"}, "absolute"),
        ({"media": "a/../../b.jpg"}, "leaves the media root"),
        ({"media": "a\\..\\b.jpg"}, "leaves the media root"),
        ({"media": "C:\\b.jpg"}, "absolute"),
        ({"media": "a\nb.jpg"}, "control characters"),
        ({"media": "a\ud800.jpg"}, "not valid UTF-8"),
        ({"answer": ""}, "answer is empty"),
        ({"answer": "Maybe"}, "must be Yes or No"),
        ({"references": ("No",)}, "not among the accepted"),
        ({"options": ("Yes", "No")}, "only closed-set"),
        ({"task": "intent", "answer": "Greet"}, "not in the label set"),
    ],
)
def test_a_fault_is_named_with_the_record(changes, words):
    with pytest.raises(InputError, match=words) as caught:
        record(**changes)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("record ")


def test_references_default_to_the_answer():
    assert record().references == ("Yes",)


def test_id_differs_between_sub_tasks():
    assert record().id == "made_up/1/sarcasm" != record(task="hate").id


@given(st.lists(st.sampled_from(["..", "a", "b c", "é", "."]), min_size=1), st.sampled_from("/\\"))
def test_no_accepted_path_leaves_the_root(parts, separator):
    path = separator.join(parts)
    if path_fault(path) is None:
        assert ".." not in path.replace("\\", "/").split("/")


ANY = st.text(st.characters(), max_size=6) | st.sampled_from(["<image>", "\ud83d", "\U0001f600", "\u2028", "Yes", "a"])


KIND = st.sampled_from(["image", "video"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_record_admits_can_be_written(data, tmp_path):
    """Every export takes every valid record, and what it writes can be read line by line."""
    labels = data.draw(st.lists(ANY, min_size=1, max_size=4, unique=True))
    task = data.draw(st.sampled_from(list(TASKS)))
    fields = {
        "source": "emoset",
        "item": data.draw(ANY),
        "task": task,
        "text": data.draw(ANY),
        "group": data.draw(ANY),
        "split": "test",
        "answer": data.draw(st.sampled_from(labels)),
        "media": tuple(map(Medium, data.draw(st.lists(KIND, max_size=1)), [data.draw(ANY)])),
        "options": tuple(labels) if TASKS[task].type.name == "closed" else (),
    }
    try:
        made = Record(**fields)
    except InputError as error:
        assert "\n" not in str(error)
        return
    composition = Composition(data_root=tmp_path, parts=(), videos="clips")
    with Outputs(tmp_path) as outputs:
        write_records(Gathered([made], {}, {}, []), composition, outputs, Statistics({}))
    for path in tmp_path.rglob("*.jsonl"):
        (line,) = path.read_bytes().splitlines()
        assert orjson.loads(line)
