"""EmoNet-Face: a number for every emotion that somebody saw in a face; models are no annotators."""

import pytest

from emobench_data import InputError
from emobench_data.schema.tasks import question

from .helpers import convert, put

HEADER = "image,annotator,annotations\n"
ROWS = (
    "a.jpg,human-1,\"{'Shame': 6, 'Jealousy & Envy': 1}\"\n"
    "a.jpg,human-2,\"{'Shame': 3}\"\n"
    "a.jpg,Hume Face*,\"{'Shame': 0.9, 'Awe': 1.0}\"\n"
    "b.jpg,human-1,\"{'Hope/Enthusiasm/Optimism': 7}\"\n"
)


def build(root):
    put(root, "hq.csv", HEADER + ROWS)


def test_the_mean_of_people_counts_who_did_not_name_it_as_none(tmp_path):
    build(tmp_path)
    records, skips = convert("emonet_face", tmp_path)
    assert {one.item: one.answer for one in records} == {
        "a/jealousy & envy": 0.5,
        "a/shame": 4.5,
        "b/hope/enthusiasm/optimism": 7,
    }
    assert [one.paths[0] for one in records] == ["images/a.jpg"] * 2 + ["images/b.jpg"] and not skips.counts
    assert question(records[1], training=False).startswith("Emotion: Shame\nHow strong is the named emotion in the face")
    assert {one.group for one in records} == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize("cell", ["{'Shame': 8}", "{'Shame': 'high'}", "{'Shame': True}", "['Shame']", "{'Shame': 1", "{1: 1}"])
def test_ratings_of_another_form_or_range_are_counted(tmp_path, cell):
    put(tmp_path, "hq.csv", HEADER + ROWS + f'c.jpg,human-1,"{cell}"\n')
    records, skips = convert("emonet_face", tmp_path)
    assert len(records) == 3 and skips.counts.total() == 1


def test_names_without_an_ending_are_looked_up_once(tmp_path):
    put(tmp_path, "data/hq.csv", HEADER + "00000,human-1,\"{'Awe': 2}\"\n")
    with pytest.raises(InputError, match="images/00000 has no picture"):
        convert("emonet_face", tmp_path)
    put(tmp_path, "images/00000.png")
    (record,) = convert("emonet_face", tmp_path)[0]
    assert (record.paths[0], record.item) == ("images/00000.png", "00000/awe")
