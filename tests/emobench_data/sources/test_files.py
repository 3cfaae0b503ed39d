import csv
import os

import pytest

from emobench_data.io.errors import InputError
from emobench_data.sources import Skips
from emobench_data.sources import _files as files


def lines(path):
    with files.open_text(path) as text:
        return [line.rstrip("\n") for line in text]


@pytest.mark.parametrize(
    "content",
    [
        "é\nñ\n".encode(),
        "\ufeffé\nñ\n".encode(),
        "é\rñ\r".encode(),
        "é\r\nñ".encode(),
        "é\nñ\n".encode("latin-1"),
        "é\n".encode() + "ñ\n".encode("latin-1"),
    ],
)
def test_text_of_any_age(file, content):
    assert lines(file(content)) == ["é", "ñ"]


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_bytes(b""), os.mkfifo])
@pytest.mark.parametrize(
    "read",
    [
        files.open_text,
        files.read_json,
        files.read_pickle,
        lambda p: list(files.read_jsonl(p)),
        lambda p: list(files.read_table(p, (), Skips())),
        lambda p: files.read_mat(p, ["x"]),
    ],
)
def test_missing_empty_and_odd_files(tmp_path, make, read):
    make(tmp_path / "a")
    with pytest.raises(InputError, match="a: (no such file|the file is empty)"):
        read(tmp_path / "a")


def test_table_with_quotes_spaces_and_short_and_long_rows(file):
    path = file('a, b \n1,"x, ""y"""\n2\n3,z,\n4,z,more\n\n5,"two\rlines"\n')
    skips = Skips()
    rows = list(files.read_table(path, ("a", "b"), skips))
    assert rows == [
        ("file.txt:2", {"a": "1", "b": 'x, "y"'}),
        ("file.txt:4", {"a": "3", "b": "z"}),
        ("file.txt:8", {"a": "5", "b": "two\nlines"}),
    ]
    assert skips.examples == {"row does not have as many fields as the header": ["file.txt:3", "file.txt:5"]}


def test_table_without_a_column_names_it(file):
    with pytest.raises(InputError, match="file.txt: no column c, d; found: a, b"):
        list(files.read_table(file("a,b\n1,2\n"), ("a", "c", "d"), Skips()))


def test_header_with_terminal_codes(file):
    with pytest.raises(InputError, match=r"found: \?\[31ma, b$"):
        list(files.read_table(file("\x1b[31ma,b\n"), ("c",), Skips()))


def test_table_that_cannot_be_parsed_names_the_line(file):
    with pytest.raises(InputError, match="file.txt, line 2: not a valid table"):
        list(files.read_table(file("a\n" + "x" * (csv.field_size_limit() + 1)), ("a",), Skips()))


@pytest.mark.parametrize(
    "content, value",
    [
        ('[1, "é"]'.encode(), [1, "é"]),
        ('\ufeff["é"]'.encode(), ["é"]),
        ('["é"]'.encode("latin-1"), ["é"]),
        (b"[NaN, Infinity, -Infinity, 1]", [None, None, None, 1]),
        (b'["\\ud800", "\\ud83d\\ude00"]', ["?", "\U0001f600"]),
        (b"[9007199254740993, 18446744073709551615]", [2**53 + 1, 2**64 - 1]),
        (b'{\r"a":\r1}', {"a": 1}),
    ],
)
def test_json_as_people_write_it(file, content, value):
    assert files.read_json(file(content)) == value


@pytest.mark.parametrize(
    "content",
    [
        b"[1, 2",
        b"{'a': 1}",
        b"",
        b"   ",
        b"[" * 100_000,
        b"9" * 5000 + b"x",
        b"\xff\x00",
    ],
)
def test_what_is_no_json(file, content):
    with pytest.raises(InputError, match="file.txt: (not valid JSON|the file is empty|an empty file)"):
        files.read_json(file(content))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a": 2}\n', "file.txt: JSON lines, an object each; one JSON list is wanted"),
        (b"a,b\n1,2\n", r"file.txt: a CSV table \(a,b\)"),
        (b"<!doctype html><p>404", r"file.txt: a web page \(HTML\), not JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "file.txt: a Git LFS pointer, not JSON; run git lfs pull"),
        (b"PK\x03\x04", "file.txt: an archive, not JSON; unpack it"),
        (b'[{"a": 1}, {"b', "download it again$"),
    ],
)
def test_what_is_no_json_is_named_for_what_it_is(file, content, said):
    with pytest.raises(InputError, match=said):
        files.read_json(file(content))


def test_a_json_list_where_lines_are_wanted(file):
    with pytest.raises(InputError, match="file.txt, line 1: one JSON list; JSON lines are wanted"):
        list(files.read_jsonl(file('[\n{"a": 1},\n{"a": 2}\n]')))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_utf_16_is_read_by_its_mark(file, encoding):
    def encoded(text):
        mark = "" if encoding == "utf-16" else "\ufeff"
        return (mark + text).encode(encoding.removesuffix("-bom"))

    assert files.read_json(file(encoded('["é", "漢"]'))) == ["é", "漢"]
    assert [value for _, value in files.read_jsonl(file(encoded('["é"]\r\n["漢"]\r\n')))] == [["é"], ["漢"]]
    rows = list(files.read_table(file(encoded("a,b\r\né,漢\r\n")), ("a", "b"), Skips()))
    assert rows == [("file.txt:2", {"a": "é", "b": "漢"})]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_json_lines(file, end):
    path = file(end.join(['\ufeff{"a": NaN}', "", "  ", '"x\u2028y"', ""]))
    assert list(files.read_jsonl(path)) == [("file.txt:1", {"a": None}), ("file.txt:4", "x\u2028y")]


def test_json_line_cut_off_names_the_line(file):
    with pytest.raises(InputError, match="file.txt, line 2: not valid JSON"):
        list(files.read_jsonl(file('{"a": 1}\n{"a": ')))


@pytest.mark.parametrize("text, value", [(" ['a', 910308516510011393] ", ["a", 910308516510011393]), ("(1,)", (1,))])
def test_literals(text, value):
    assert files.read_literal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "[1",
        "x",
        "",
        "{[]: 1}",
        "[" * 50_000,
        "'" + "x" * files.LITERAL_LIMIT,
        "\0",
        "9" * 5000,
        "1_",
    ],
)
def test_what_is_no_literal(text):
    with pytest.raises(ValueError):
        files.read_literal(text)


def test_first_folder_and_file(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "c").write_text("x")
    assert files.first_folder(tmp_path, "a", "b", "c") == "b" and files.first_folder(tmp_path, "x", "c") == "x"
    assert files.first_file(tmp_path, "a", "c") == tmp_path / "c" and files.first_file(tmp_path, "a") is None


def test_small_json_files(tmp_path):
    (tmp_path / "a.json").write_text("[1")
    assert files.read_json_if_there(f"{tmp_path}/b.json") is None
    for name in ("a.json", "x" * 300):
        with pytest.raises(InputError):
            files.read_json_if_there(f"{tmp_path}/{name}")
