import csv
import io
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench_data.io.errors import InputError
from emobench_data.sources import emotic

from . import mutate
from .helpers import answers, convert, put

HEADER = ["Index", "Folder", "Filename", "Image Size", "BBox", "Categorical_Labels", "Continuous_Labels", "Gender", "Age"]


def person(picture, labels, box="[10, 20, 60, 80]", size="[100, 200]", folder="mscoco/images"):
    return [0, folder, picture, size, box, str(labels), "[5.0, 5.0, 5.0]", "Female", "Adult"]


def table(*people):
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *people])
    return text.getvalue()


def build(root):
    put(
        root,
        "train.csv",
        table(
            person("café.jpg", ["Happiness", "Doubt/Confusion"]),
            person("b.jpg", ["Peace"]),
            person("b.jpg", ["Yearning"], "[0, 0, 50, 50]"),
        ),
    )
    put(root, "val.csv", table(person("c.jpg", ["Fear"])))
    put(root, "test.csv", table(person("d.jpg", ["Anger"])))


def test_one_record_a_person_with_its_place_in_the_question(tmp_path):
    build(tmp_path)
    records, skips = convert("emotic", tmp_path)
    assert len(records) == 10 and not skips.counts
    by_item = answers(records, "emo_c")
    assert by_item["mscoco/images/b#10-20-60-80"] == "peace" and by_item["mscoco/images/b#0-0-50-50"] == "yearning"
    assert records[2].text == "Person asked about: in the box from (0.10, 0.10) to (0.60, 0.40)."
    assert records[0].references == ("doubt or confusion", "happiness")
    assert {record.paths[0] for record in records[2:6]} == {"mscoco/images/b.jpg"}


def test_media_lie_below_the_folder_emotic_where_there_is_one(tmp_path):
    build(tmp_path)
    (tmp_path / "emotic").mkdir()
    records, _ = convert("emotic", tmp_path)
    assert records[2].paths[0] == "emotic/mscoco/images/b.jpg"


@pytest.mark.parametrize(
    "bad",
    [
        person("x.jpg", ["Joy"]),
        person("x.jpg", []),
        person("x.jpg", "nan"),
        person("", ["Fear"]),
        person("x.jpg", ["Fear"], box="[nan, 0, 1, 1]"),
        person("x.jpg", ["Fear"], box="[60, 20, 10, 80]"),
        person("x.jpg", ["Fear"], size="[0, 0]"),
        person("x.jpg", ["Fear"], box="__import__('os').getcwd()"),
        person("x.jpg", ["Fear"], folder="/etc"),
        person("x.jpg", ["Fear"], folder="mscoco/../.."),
    ],
)
def test_bad_people_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "val.csv", table(bad, person("c.jpg", ["Fear"])))
    records, skips = convert("emotic", tmp_path)
    assert len(records) == 10 and sum(skips.counts.values()) == 1


def cells(values):
    array = np.empty((1, len(values)), dtype=object)
    array[0] = values
    return array


def struct(*rows, **_):
    """A MATLAB struct array from dictionaries with the same keys."""
    array = np.empty((1, len(rows)), dtype=[(name, object) for name in rows[0]])
    for index, row in enumerate(rows):
        array[0, index] = tuple(row.values())
    return array


def entry(name, people):
    return {
        "filename": name,
        "folder": "framesdb/images",
        "image_size": struct({"n_col": 100, "n_row": 200}),
        "original_database": "x",
        "person": struct(*people),
    }


def build_mat(root):
    scipy_io = pytest.importorskip("scipy.io", reason="MATLAB files need scipy")
    box = np.array([[-5.0, 20.0, 60.0, 80.0]])
    train = {
        "body_bbox": box,
        "annotations_categories": struct({"categories": cells(["Peace", "Pleasure"])}),
        "annotations_continuous": np.ones((1, 3)),
        "gender": "Male",
        "age": "Adult",
    }
    test = {
        "body_bbox": box,
        "annotations_categories": struct(
            {"categories": cells(["Fear"])}, {"categories": cells(["Fear", "Pain"])}, {"categories": cells(["Anger"])}
        ),
        "combined_categories": cells(["Anger", "Fear", "Pain"]),
        "annotations_continuous": np.ones((1, 3)),
        "combined_continuous": np.ones((1, 3)),
        "gender": "Male",
        "age": "Adult",
    }
    (root / "Annotations").mkdir()
    scipy_io.savemat(
        root / "Annotations/Annotations.mat",
        {
            "train": struct(entry("a.jpg", [train, {**train, "body_bbox": box + 10}])),
            "test": struct(entry("b.jpg", [test])),
        },
    )


def test_matlab_file_with_labels_by_annotator(tmp_path):
    build_mat(tmp_path)
    records, skips = convert("emotic", tmp_path)
    assert not skips.counts and [record.split for record in records] == ["train"] * 4 + ["test"] * 2
    assert records[0].references == ("peace", "pleasure") and records[0].answer in records[0].references
    assert records[4].answer == "fear" and records[4].references == ("fear",)
    assert records[4].paths[0] == "framesdb/images/b.jpg"
    assert records[4].text == "Person asked about: in the box from (0.00, 0.10) to (0.60, 0.40)."


def test_matlab_file_without_scipy(tmp_path, monkeypatch):
    put(tmp_path, "Annotations/Annotations.mat", b"x")
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(InputError, match="needs scipy; pip install"):
        convert("emotic", tmp_path)


def test_broken_matlab_file(tmp_path):
    build_mat(tmp_path)
    path = tmp_path / "Annotations/Annotations.mat"
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(InputError, match="not a valid MATLAB file"):
        convert("emotic", tmp_path)


def test_matlab_variables_of_another_form(tmp_path):
    scipy_io = pytest.importorskip("scipy.io", reason="MATLAB files need scipy")
    (tmp_path / "Annotations").mkdir()
    variables = {"train": np.eye(3), "val": "text", "test": cells([1, "x"])}
    scipy_io.savemat(tmp_path / "Annotations/Annotations.mat", variables)
    with pytest.raises(InputError, match="nothing usable"):
        convert("emotic", tmp_path)


GOOD = [["a.jpg"], ["mscoco/images"], [[100, 200]], [["x"]], [[[10, 20, 60, 80], [[["Peace"]]]]]]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_matlab_values_of_any_kind(tmp_path, monkeypatch, data):
    put(tmp_path, "Annotations/Annotations.mat", b"x")
    entries = mutate.swapped(data, [GOOD], data.draw(mutate.VALUES))
    monkeypatch.setattr(emotic, "read_mat", lambda *_: {"train": entries, "test": [GOOD]})
    records, skips = convert("emotic", tmp_path)
    assert records[-1].answer == "peace" and len(records) + 2 * sum(skips.counts.values()) >= 2
