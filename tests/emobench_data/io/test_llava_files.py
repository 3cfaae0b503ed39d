"""A file that is not what LLaVA wants is named for what it is, with what to do."""

import orjson
import pytest

from emobench_data import InputError
from emobench_data.io.llava_files import read_lines, read_training

RECORD = {"id": "1", "conversations": [{"from": "human", "value": "Gefühl?"}, {"from": "gpt", "value": "schön"}]}
LINE = orjson.dumps(RECORD) + b"\n"
CUT = orjson.dumps([RECORD] * 3)[:-4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (orjson.dumps([RECORD]).decode().encode("utf-16"), "UTF-16 text; save it as UTF-8"),
        (orjson.dumps([RECORD]).decode().encode("utf-16-le"), "UTF-16 text; save it as UTF-8"),
        (orjson.dumps([RECORD]).decode().encode("utf-16-be"), "UTF-16 text; save it as UTF-8"),
        (orjson.dumps([RECORD]).decode().encode("latin-1"), r"older encoding, such as Latin-1 \(byte 0xfc\); save it as UTF-8"),
        (LINE * 2, "JSON lines, an object each; one JSON list is wanted"),
        (b"id,image\n1,a.jpg\n", r"a CSV table \(id,image\); write it as JSON"),
        (b"PAR1\x15\x04", "a Parquet table"),
        (b"\x1f\x8b\x08\x00", "an archive, not JSON; unpack it"),
        (CUT, "not valid JSON .*it may be cut off, write it again"),
        (CUT[: CUT.index(b"\xc3") + 1], "it may be cut off"),
        (b"", "an empty file"),
        (b"\x80\x04\x95\0\0\0\0\0\0\0\0", "older encoding|not valid JSON"),
        (LINE, "not a list of records"),
        (b"\xef\xbb\xbf[]", "byte order mark"),
    ],
)
def test_training_data_of_another_kind(tmp_path, content, said):
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(InputError, match=f"t.json: .*{said}"):
        read_training(tmp_path / "t.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LINE.decode().encode("utf-16"), "line 1: UTF-16 text; save it as UTF-8"),
        (LINE.decode().encode("latin-1"), "line 1: .*older encoding, such as Latin-1"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1: PNG, not JSON; name the right file"),
        (b'{"a": 1}\n' + LINE.decode().encode("latin-1"), "line 2: .*older encoding, such as Latin-1"),
        (orjson.dumps([RECORD], option=orjson.OPT_INDENT_2), "line 1: one JSON list; JSON lines are wanted"),
        (orjson.dumps([RECORD]), "line 1: one JSON list; expected JSON lines"),
        (b"3\n", "line 1: not an object"),
        (b"question_id,text\n", r"line 1: a CSV table \(question_id,text\)"),
        (LINE + LINE[:9], "line 2: not valid JSON"),
    ],
)
def test_lines_of_another_kind(tmp_path, content, said):
    (tmp_path / "q.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=f"q.jsonl, {said}"):
        list(read_lines(tmp_path / "q.jsonl"))
