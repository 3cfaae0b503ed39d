import pytest

from .helpers import answers, convert, put

HEADER = "season\tepisode\tclip\ttext\tlabel\n"


def build(root):
    rows = 'S05\tE16\t329\t"no way, he said\tInform\nS05\tE16\t330\tcould you, josé?\tAsk for help\n'
    put(root, "train.tsv", HEADER + rows)
    put(root, "dev.tsv", HEADER + "S04\tE01\t1\twell done\tPraise\n")
    put(root, "test.tsv", HEADER + "S04\tE02\t1\tsorry\tApologise\n")


def test_quotation_marks_are_only_text(tmp_path):
    build(tmp_path)
    records, skips = convert("mintrec", tmp_path)
    assert (
        answers(records, "intent")
        == {
            "S05_E16_329": "inform",
            "S05_E16_330": "ask for help",
            "S04_E01_1": "praise",
            "S04_E02_1": "apologise",
        }
        and not skips.counts
    )
    assert [r.split for r in records] == ["train", "train", "val", "test"]
    assert records[0].paths[0] == "raw_data/S05/E16/329.mp4" and records[0].text == 'Said: ""no way, he said"'
    assert len(records[0].options) == 20


@pytest.mark.parametrize(
    "bad",
    [
        "S05\tE16\t9\ttext\tThanks",
        "S05\tE16\t9\ttext\tnan",
        "S05\tE16\t\ttext\tCare",
        "S05\tE16\t9\ttext",
        "/S05\tE16\t9\ttext\tCare",
        "..\t..\t9\ttext\tCare",
        "S05\tE16\t9\ttext\tCare\textra",
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "dev.tsv", HEADER + bad + "\nS04\tE01\t1\twell done\tPraise\n")
    records, skips = convert("mintrec", tmp_path)
    assert len(records) == 4 and sum(skips.counts.values()) == 1


def test_real_rows(shared_data):
    if not (shared_data / "mintrec").is_dir():
        pytest.skip("no MIntRec in the shared data")
    records, skips = convert("mintrec", shared_data / "mintrec")
    assert [sum(r.split == split for r in records) for split in ("train", "val", "test")] == [1334, 445, 445]
    assert {r.answer for r in records} == set(records[0].options) and not skips.counts
