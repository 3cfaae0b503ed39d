import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench_data.io.errors import InputError
from emobench_data.sources import Skips, _fields

from ..make import one_medium

SHARES = st.dictionaries(st.sampled_from("abcdefg"), st.floats(0.01, 1), min_size=1)


@pytest.mark.parametrize(
    "value, text",
    [
        ("  a \n b\t", "a b"),
        (None, ""),
        (float("nan"), ""),
        (["a"], ""),
        (5, ""),
        ("caf\xe9 it\x92s \U0001f600", "café it’s \U0001f600"),
        ("x \ud800 y", "x ? y"),
        ("see <image> and <video>", "see (image) and (video)"),
        ("<user>", "<user>"),
        ("\x1b[31mred\x00\x7f", "[31mred"),
        ("<im\x00age>", "(image)"),
        ("👨\u200d👩", "👨\u200d👩"),
    ],
)
def test_words(value, text):
    assert _fields.words(value) == text


@given(st.text())
def test_words_are_one_line_and_can_be_written(text):
    clean = _fields.words(text)
    assert clean == " ".join(clean.split()) and clean.encode("utf-8") is not None
    assert not re.search("[\x00-\x1f]", clean) and "<image>" not in clean


@pytest.mark.parametrize(
    "value, text",
    [
        (910308516510011393, "910308516510011393"),
        ("00123", "00123"),
        (" a ", "a"),
        (9.1e17, ""),
        (True, ""),
        (None, ""),
        ([1], ""),
    ],
)
def test_item_id(value, text):
    assert _fields.item_id(value) == text


@pytest.mark.parametrize("value", ["9.1e+17", "910308516510011393.0", "-1", "a", "", "１", 1.0])
def test_whole_refuses_what_is_no_whole_number(value):
    assert _fields.whole(value) == ""


@pytest.mark.parametrize(
    "value, answer",
    [
        (1, "Yes"),
        (0, "No"),
        (True, "Yes"),
        (False, "No"),
        ("1", "Yes"),
        ("FALSE", "No"),
        (1.0, "Yes"),
        ("01", "Yes"),
        (-1, ""),
        (0.5, ""),
        (float("nan"), ""),
        (None, ""),
        ("yes?", ""),
        ([1], ""),
        ({}, ""),
    ],
)
def test_yes_no(value, answer):
    assert _fields.yes_no(value, "f:1") == answer


@pytest.mark.parametrize("value", [2, "2", 10**30])
def test_a_label_that_counts_otherwise(value):
    with pytest.raises(InputError, match="f:1: label .* is none of 0, 1, so the file numbers"):
        _fields.yes_no(value, "f:1")


@pytest.mark.parametrize(
    "value, text",
    [
        ("<i>R&amp;B</i> &lt;3", "R&B <3"),
        ("a<br/>b<BR >c", "a b c"),
        ("&amp;amp;", "&"),
        ("&#233;&#xe9;", "éé"),
        ("AT&T; x < y & z > w", "AT&T; x < y & z > w"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("&lt;image&gt;", "(image)"),
        ('<span class="x">so</span>', "so"),
        ("<user> <url>", "<user> <url>"),
        (None, ""),
        (5, ""),
        ("&nbsp;a&nbsp;", "a"),
        ("&amp;" * 9, "&" * 9),
        ("&" * 50 + "lt;", "&" * 49 + "<"),
    ],
)
def test_prose(value, text):
    assert _fields.prose(value) == text


@given(st.text())
def test_prose_is_as_clean_as_words(text):
    assert _fields.words(_fields.prose(text)) == _fields.prose(text)


def test_stems():
    name = _fields.Stems()
    assert [name(one) for one in ("a/x.png", "a/x.jpg", "b/x.jpg", "a/x.png", "x")] == [
        "a/x",
        "a/x.jpg",
        "b/x",
        "a/x",
        "x",
    ]


@pytest.mark.parametrize(
    "value, result",
    [
        ("1.5", 1.5),
        (2, 2.0),
        ("nan", None),
        ("inf", None),
        (None, None),
        ("x", None),
        (10**400, None),
    ],
)
def test_number(value, result):
    assert _fields.number(value) == result


@given(SHARES, st.text())
def test_vote(shares, key):
    answer, references = _fields.vote(shares, key)
    assert shares[answer] == max(shares.values()) and answer in references
    assert set(references) >= {name for name, share in shares.items() if share >= 0.5}
    assert all(shares[name] >= 0.5 or shares[name] == shares[answer] for name in references)
    assert (answer, references) == _fields.vote(dict(shares), key)


def test_ties_favour_no_label():
    drawn = [_fields.vote({"a": 1.0, "b": 1.0, "c": 0.2}, str(n))[0] for n in range(1000)]
    assert 400 < drawn.count("a") < 600 and "c" not in drawn


@pytest.mark.parametrize(
    "name, path",
    [
        ("a.jpg", "images/a.jpg"),
        ("/etc/a.jpg", "/etc/a.jpg"),
        ("../a.jpg", "../a.jpg"),
        ("C:\\a.jpg", "C:\\a.jpg"),
        ("", ""),
    ],
)
def test_below(name, path):
    assert _fields.below("images", name) == path


def test_make_gives_all_or_nothing():
    item = {"source": "x", "item": "1", "answer": "joy"}
    skips = Skips()
    good = list(_fields.make(skips, "f:1", tasks=_fields.EMOTION, labels=("joy",), media=one_medium("a.jpg"), **item))
    assert [record.options for record in good] == [("joy",), ()] and not skips.counts
    reasons = {"/a.jpg": _fields.BAD_PATH, "": _fields.BAD_RECORD, "\udcff.jpg": "file name is not valid UTF-8"}
    for media, reason in reasons.items():
        skips = Skips()
        assert not list(_fields.make(skips, "f:1", tasks=_fields.EMOTION, labels=("joy",), media=one_medium(media), **item))
        assert skips.examples == {reason: ["f:1"]}
