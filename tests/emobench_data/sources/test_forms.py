"""Annotation of every data set in the forms that people have it in: other encodings, web text, links, other numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emobench_data.io.errors import InputError
from emobench_data.sources import get_source

from .contract import TEXT, annotation, every_source
from .helpers import convert

# Source -> a file of its made-up copy, a label there that is a number, and one that the data set does not have.
NUMBERED = {
    "dfew": ("EmoLabel_DataSplit/train(single-labeled)/set_1.csv", b"2,1", b"2,0"),
    "fer2013": ("fer2013.csv", b"\n6,", b"\n7,"),
    "hateful_memes": ("train.jsonl", b'"label":1', b'"label":2'),
    "intentonomy": ("intentonomy_test2020.json", b'"category_ids":[0]', b'"category_ids":[28]'),
    "mmhs150k": ("MMHS150K_GT.json", b"[4,1,0]", b"[6,1,0]"),
    "mmsd": ("valid.txt", b"0, 1]", b"0, 2]"),
    "mmsd2": ("text_json_final/test.json", b'"label":0', b'"label":2'),
    "mustard": ("sarcasm_data.json", b'"sarcasm":true', b'"sarcasm":2'),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_label_number_that_the_data_set_does_not_have_refuses_the_file(name, copy):
    """A list that counts from 0 where another counts from 1 would be read as other labels, nearly all of it."""
    file, own, other = NUMBERED[name]
    content = (copy / file).read_bytes()
    assert own in content
    (copy / file).write_bytes(content.replace(own, other, 1))
    where = f"{re.escape(f'{get_source(name).title} in {copy}: ')}.*{re.escape(Path(file).name)}"
    with pytest.raises(InputError, match=rf"{where}.*: label \d+ is none of .*numbers its labels"):
        convert(name, copy)


@every_source
def test_html_reaches_no_prompt(name, copy):
    """Whatever text a data set gives: as people wrote it, not as a web page holds it."""
    texts = [record.text for record in convert(name, copy)[0] if re.search(r'"[^"]*[^\W\d_]{3}', record.text)]
    if not texts:
        return  # its texts are our own words, or it has none
    word = re.findall(r"[a-zA-Z]{3,}", texts[0].rpartition(': "')[2])[0]
    for path in annotation(copy):
        if path.suffix not in TEXT:
            return  # pickles: see test_ur_funny.py
        path.write_bytes(path.read_bytes().replace(word.encode(), b"<i>R&amp;" + word.encode() + b"</i>&lt;3"))
    shown = "\n".join(record.text for record in convert(name, copy)[0])
    assert f"R&{word}<3" in shown and "&amp;" not in shown and "<i>" not in shown


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("emotion6", "ground_truth.txt"),
        ("hatemm", "HateMM_annotation.csv"),
        ("memotion", "labels.csv"),
    ],
)
def test_files_that_differ_in_their_ending_are_two_items(name, file, copy):
    """One was taken for the other, and left out as the same again."""
    before = {record.item for record in convert(name, copy)[0]}
    row = re.findall(r"(?m)^.*\.(?:jpg|mp4).*\n", (copy / file).read_text())[0]
    with open(copy / file, "a") as table:
        table.write(re.sub(r"\.(jpg|mp4)", ".webp", row))
    records, skips = convert(name, copy)
    assert len({record.item for record in records} - before) == 1 and "the same item again" not in skips.counts


OLD = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "CR LF": lambda text: text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "latin-1": lambda text: text.decode().replace("’", "'").encode("latin-1"),
    "UTF-16": lambda text: text.decode().encode("utf-16"),
}


@every_source
@pytest.mark.parametrize("kind", OLD)
def test_text_of_any_age(name, copy, kind):
    files = [path for path in annotation(copy) if path.suffix in TEXT]
    for path in files:
        path.write_bytes(path.read_bytes().replace("’".encode(), b"'"))
    records = convert(name, copy)[0]
    for path in files:
        path.write_bytes(OLD[kind](path.read_bytes()))
    assert convert(name, copy)[0] == records


@every_source
def test_the_copy_lies_behind_a_link(name, copy, tmp_path_factory):
    """People keep data sets on another disk."""
    records = convert(name, copy)[0]
    link = tmp_path_factory.mktemp("linked") / "root"
    link.symlink_to(copy)
    assert convert(name, link)[0] == records
