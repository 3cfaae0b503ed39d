"""Pickles of plain data are read, and no other: nothing in one is ever called."""

import os
import pickle
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench_data.io.errors import InputError
from emobench_data.sources import _files as files

PLAIN = {"ids": ["a", 2, 2.5, None, True, (1,), {3}, frozenset({4}), b"\xe9"], "é": OrderedDict(a=2**70)}


@pytest.mark.parametrize("protocol", range(6))
def test_pickle_of_plain_data(file, protocol):
    assert files.read_pickle(file(pickle.dumps(PLAIN, protocol=protocol))) == PLAIN


ARRAYS = [
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(3, dtype=">i2"),
    np.array(["a", "né"]),
    np.array([b"x"]),
    np.array([1, "x", None, [2]], dtype=object),
    np.zeros((0, 3)),
]


@pytest.mark.parametrize("protocol", range(5))
def test_arrays_in_a_pickle_become_lists(file, protocol):
    value = files.read_pickle(file(pickle.dumps([ARRAYS, np.float32(0.5), np.int64(2**60 + 1)], protocol=protocol)))
    assert value == [[array.tolist() if array.size else [] for array in ARRAYS], 0.5, 2**60 + 1]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, dtype=[("a", "i4")]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.zeros(1, "V3"),
    ],
)
def test_arrays_of_other_kinds(file, array):
    with pytest.raises(InputError, match="not a pickle of plain data"):
        files.read_pickle(file(pickle.dumps(array)))


def test_pickle_of_python_2(file):
    """Strings are bytes there, and numpy's modules have their old names."""
    old = pickle.dumps(np.array([1, 2]), protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert files.read_pickle(file(old)) == [1, 2]
    assert files.read_pickle(file(b"\x80\x02}q\x00U\x03\xe9abq\x01K\x01s.")) == {"éab": 1}
    assert files.read_pickle(file(b"\x80\x02c__builtin__\nset\nq\x00]q\x01K\x01a\x85q\x02Rq\x03.")) == {1}


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("function", [os.mkdir, eval, exec, getattr, __import__, np.load, np.save, bytearray])
def test_pickle_that_runs_code_does_not(tmp_path, file, protocol, function):
    attack = pickle.dumps([1, Call(function, str(tmp_path / "ran"))], protocol=protocol)
    with pytest.raises(InputError, match="file.txt: not a pickle of plain data .*which plain data never does"):
        files.read_pickle(file(attack))
    assert not (tmp_path / "ran").exists()


def test_pickle_with_a_codec_that_is_not_latin_1(file):
    import codecs

    with pytest.raises(InputError, match="unexpected encoding"):
        files.read_pickle(file(pickle.dumps(Call(codecs.encode, "x", "zlib"), protocol=2)))


@pytest.mark.parametrize("numbered", [b"r\xff\xff\xff\x01", b"p33554431\n"])
def test_a_few_bytes_take_no_memory(file, numbered):
    """Python makes room for every value up to the highest number; a whole one would be 17 GB."""
    path = file(b"\x80\x02]" + numbered + b".")
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="it numbers more values than it has bytes"):
            files.read_pickle(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, 900), st.integers(0, 4))
def test_damaged_pickles_raise_nothing_else(tmp_path_factory, junk, at, protocol):
    whole = pickle.dumps([PLAIN, ARRAYS], protocol=protocol)
    path = tmp_path_factory.getbasetemp() / "damaged.pkl"
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])
    try:
        files.read_pickle(path)
    except InputError as error:
        assert str(error).isprintable() and "damaged.pkl" in str(error)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_pickle_cut_off(file, cut):
    whole = pickle.dumps(PLAIN)
    with pytest.raises(InputError, match="not a pickle of plain data"):
        files.read_pickle(file(whole[: int(len(whole) * cut)]))
