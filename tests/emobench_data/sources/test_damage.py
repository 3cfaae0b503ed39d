"""Damaged annotation of every data set ends with `InputError`, or gives records that are whole."""

from __future__ import annotations

import re
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench_data.io.errors import InputError
from emobench_data.sources import get_source

from . import mutate
from .contract import annotation, every_source, usable
from .helpers import convert

damaging = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@every_source
def test_no_data(name, tmp_path):
    source = get_source(name)
    for root in (tmp_path, tmp_path / "missing"):
        assert not source.found(root)
        with pytest.raises(InputError, match=re.escape(source.title)) as error:
            convert(name, root)
        assert source.obtain in str(error.value)


@every_source
def test_empty_files(name, copy):
    files = annotation(copy)
    for path in files:
        path.write_bytes(b"")
    if files:  # else labels are folder names
        with pytest.raises(InputError):
            convert(name, copy)


@every_source
def test_one_empty_file(name, copy):
    for path in annotation(copy):
        content = path.read_bytes()
        path.write_bytes(b"")
        usable(name, copy)
        path.write_bytes(content)


@every_source
def test_cut_off_files(name, copy):
    whole = len(convert(name, copy)[0])
    for path in annotation(copy):
        content = path.read_bytes()
        for cut in sorted({*range(1, min(len(content), 16)), *range(1, len(content), max(1, len(content) // 16))}):
            path.write_bytes(content[:cut])
            assert len(usable(name, copy)) <= whole
        path.write_bytes(content)


@every_source
@pytest.mark.parametrize("ending", [".json", ".pkl"])
def test_cut_off_containers_are_said_to_be(name, copy, ending):
    files = [path for path in annotation(copy) if path.suffix == ending and path.name != "info.json"]
    files = [path for path in files if not {"annotation", "img_txt"} & set(path.parts)]  # those belong to one item
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(InputError, match=re.escape(path.name)):
            convert(name, copy)
        path.write_bytes(content)


def damaged(name, copy, data, change):
    files = annotation(copy)
    if not files:
        return  # labels are folder names
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    try:
        path.write_bytes(change(path, content))
        usable(name, copy)
    finally:
        path.write_bytes(content)


@every_source
@damaging
@given(data=st.data())
def test_damaged_bytes(name, copy, data):
    damaged(name, copy, data, lambda path, content: mutate.with_bytes(data, content))


@every_source
@damaging
@given(data=st.data())
def test_values_of_any_kind(name, copy, data):
    damaged(name, copy, data, lambda path, content: mutate.with_value(data, path, content))


@every_source
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_arbitrary_files(name, copy, data):
    damaged(name, copy, data, lambda path, content: data.draw(st.binary(max_size=200)))


@every_source
def test_a_folder_in_the_place_of_a_file(name, copy):
    for path in annotation(copy):
        content = path.read_bytes()
        path.unlink()
        path.mkdir()
        usable(name, copy)
        shutil.rmtree(path)
        path.write_bytes(content)
