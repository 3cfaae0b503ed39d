"""SemEval-2018 Task 1: five sub-tasks over files that are called in several ways, and rows whose gold is none."""

from collections import Counter

import pytest

from emobench_data import InputError
from emobench_data.sources import get_source
from emobench_data.sources.semeval2018 import EMOTIONS, MYSTERY, NO_GOLD, PARTS

from .helpers import convert, put

HEADER = "ID\tTweet\tAffect Dimension\tIntensity Score\n"
SAID = "What a day &amp; night it has been for everyone ’round here"


def reg(*rows, dimension="anger"):
    return HEADER + "".join(f"{item}\t{tweet}\t{dimension}\t{score}\n" for item, tweet, score in rows)


def classes(*rows, dimension="valence"):
    return reg(*rows, dimension=dimension).replace("Intensity Score", "Intensity Class")


def sets(*rows):
    header = "\t".join(("ID", "Tweet", *EMOTIONS))
    return header + "\n" + "".join("\t".join((item, tweet, *given)) + "\n" for item, tweet, given in rows)


def build(root):
    for part in PARTS:
        for split, year in (("train", 2017), ("dev", 2018)):
            item = f"{year}-En-1"
            if not part.column:
                content = sets((item, SAID, "01000000001"))
            elif part.labels:
                content = classes((item, SAID, "2: a moderate amount can be inferred"), dimension=part.dimension)
            else:
                content = reg((item, SAID, "0.510"), dimension=part.dimension)
            put(root, f"{part.stem}-{split}.txt", content)


def test_classes_are_ordered_and_sets_may_be_empty(tmp_path):
    rows = ("1", "a", "-3: very negative emotional state can be inferred"), ("2", "b", "0: neutral"), ("3", "c", "4: more")
    put(tmp_path, "2018-Valence-oc-En-train.txt", classes(*rows))
    put(tmp_path, "2018-E-c-En-train.txt", sets(("1", "a", "10000000001"), ("2", "b", "0" * 11), ("3", "c", "2" * 11)))
    records, skips = convert("semeval2018", tmp_path)
    assert [(one.task, one.item, one.answer) for one in records] == [
        ("v_oc", "1", "-3: very negative"),
        ("v_oc", "2", "0: neutral or mixed"),
        ("e_c", "1", ("anger", "trust")),
        ("e_c", "2", ()),
    ]
    assert skips.counts.total() == 2
    put(tmp_path, "2018-E-c-En-train.txt", sets(("1", "a", ["NONE"] * 11), ("2", "b", "0" * 11)))
    assert convert("semeval2018", tmp_path)[1].counts[NO_GOLD] == 1


def test_intensities_are_numbers_each_emotion_a_sub_task(tmp_path):
    build(tmp_path)
    records, skips = convert("semeval2018", tmp_path)
    assert {one.answer for one in records if "_reg" in one.task} == {0.51} and not skips.counts
    assert Counter(one.split for one in records) == {"train": len(PARTS), "val": len(PARTS)}
    assert records[0].text == 'Tweet: "What a day & night it has been for everyone ’round here"'


def test_a_quotation_mark_that_nothing_closes_swallows_no_row(tmp_path):
    rows = ("1", '"Be calm', "0.1"), ("2", 'and "kind" \\n\\nto all"', "0.2"), ("3", "them", "0.3")
    put(tmp_path, "EI-reg-En-anger-train.txt", reg(*rows))
    records, _ = convert("semeval2018", tmp_path)
    assert [(one.item, one.answer) for one in records] == [("1", 0.1), ("2", 0.2), ("3", 0.3)]
    assert records[1].text == 'Tweet: "and "kind" to all""'  # the files write a line break as \n


def test_the_mystery_rows_and_files_without_gold_are_left_out_and_counted(tmp_path):
    rows = ("2018-En-1", "so", "0.5"), ("2018-En-mystery-00001", "Jo made me feel angry.", "0.000"), ("2018-En-2", "ah", "NONE")
    put(tmp_path, "2018-EI-reg-En-anger-test-gold.txt", reg(*rows))
    records, skips = convert("semeval2018", tmp_path)
    assert [(one.item, one.split) for one in records] == [("2018-En-1", "test")]
    assert skips.counts == {MYSTERY: 1, NO_GOLD: 1}


def test_a_score_of_another_emotion_or_out_of_range_is_none(tmp_path):
    put(tmp_path, "EI-reg-En-anger-train.txt", reg(("1", "so", "0.5"), ("2", "ah", "1.5")) + "3\toh\tjoy\t0.4\n")
    records, skips = convert("semeval2018", tmp_path)
    assert len(records) == 1 and skips.counts.total() == 2


@pytest.mark.parametrize(
    "file",
    [
        "EI-reg-En-anger-dev.txt",
        "2018-EI-reg-En-anger-dev.txt",
        "English/EI-reg/development/2018-EI-reg-En-anger-dev.txt",
        "datasets/task1/EI-reg/EI-reg-En-anger-dev.txt",
    ],
)
def test_archives_and_copies_call_a_file_in_several_ways(tmp_path, file):
    put(tmp_path, file, reg(("2018-En-1", "so", "0.5")))
    assert get_source("semeval2018").found(tmp_path)
    assert [one.split for one in convert("semeval2018", tmp_path)[0]] == ["val"]


@pytest.mark.slow
def test_the_real_part(shared_data):
    records, skips = convert("semeval2018", shared_data / "semeval2018")
    counts = Counter((one.task, one.split) for one in records)
    assert [counts[f"ei_reg_{felt}", "train"] for felt in ("anger", "fear", "joy", "sadness")] == [1701, 2252, 1616, 1533]
    assert [counts[f"ei_reg_{felt}", "val"] for felt in ("anger", "fear", "joy", "sadness")] == [388, 389, 290, 397]
    assert (counts["v_reg", "train"], counts["v_reg", "val"]) == (1181, 449) == (counts["v_oc", "train"], counts["v_oc", "val"])
    assert (counts["e_c", "train"], counts["e_c", "val"]) == (6838, 886)
    empty = Counter(one.split for one in records if one.task == "e_c" and not one.answer)
    assert empty == {"train": 204, "val": 14}
    assert not skips.counts


def test_a_folder_that_holds_none_of_its_many_files(tmp_path):
    with pytest.raises(InputError, match=r"none of ([^ ]+, ){3}[^ ]+ and \d+ more under") as fault:
        convert("semeval2018", tmp_path)
    assert len(str(fault.value)) < 600
