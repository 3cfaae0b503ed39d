"""From a command line to rows and tables: resumed, paired, and without what was for choosing."""

import sys
from dataclasses import astuple, replace

import orjson
import pytest
import torch

from benchmarks.quality import __main__ as command
from benchmarks.quality.arms import ARMS
from benchmarks.quality.contrasts import contrasts
from benchmarks.quality.data import Cell, Item
from benchmarks.quality.logistic import by_cells, fit_and_answer
from benchmarks.quality.report import gain, gather, overall, table
from benchmarks.shared.rows import append_row, read_rows
from emobench_data.io.errors import InputError

TWO = "host;emollm"


@pytest.fixture
def plain(base, data_root, tmp_path, monkeypatch):
    """A function that runs the command on the made-up data with little alignment."""
    for name, arm in ARMS.items():
        monkeypatch.setitem(ARMS, name, replace(arm, alignment=min(arm.alignment, 2)))

    def run(*arguments):
        command_line = [
            "quality",
            "--base",
            str(base),
            "--data-root",
            str(data_root),
            "--rows",
            str(tmp_path / "rows.jsonl"),
            "--cache",
            str(tmp_path / "cache"),
            "--train",
            "14",
            "--test",
            "7",
            "--device",
            "cpu",
            *arguments,
        ]
        monkeypatch.setattr(sys, "argv", command_line)
        command.main()
        return read_rows(tmp_path / "rows.jsonl")

    return run


@pytest.fixture
def quality(plain, monkeypatch):
    """The same, with random features for the encoder's."""

    def features_of(tower, layer, images, root, kept, device):
        assert all((root / image).is_file() for image in images)
        generator = torch.Generator().manual_seed(-layer)
        return {image: torch.randn(16, 24, generator=generator) for image in sorted(set(images))}

    monkeypatch.setattr("benchmarks.quality.runs.features_of", features_of)
    return plain


def test_what_is_there_is_not_run_again(quality, tmp_path, monkeypatch):
    first = quality("--arms", TWO, "--seeds", "0")
    assert [row["key"]["arm"] for row in first] == ["host", "emollm"]
    assert all(len(row["answers"]) == 7 and row["seconds"] >= 0 for row in first)
    # A killed run: the last row is missing.
    lines = (tmp_path / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_bytes(b"".join(lines[:-1]))
    again = quality("--arms", TWO, "--seeds", "0")
    assert again[0] == first[0] and again[1]["answers"] == first[1]["answers"] and len(again) == 2
    monkeypatch.setattr("benchmarks.quality.runs.run", lambda *_, **__: pytest.fail("run again"))
    assert quality("--arms", TWO, "--seeds", "0") == again


def test_several_processes_find_what_one_does(plain, tmp_path):
    found = {}
    for jobs in ("1", "2"):
        rows = plain("--arms", TWO, "--seeds", "0,1", "--jobs", jobs)
        found[jobs] = {(row["key"]["arm"], row["key"]["seed"]): row["answers"] for row in rows}
        assert [row["jobs"] for row in rows] == [int(jobs)] * 4
        (tmp_path / "rows.jsonl").unlink()
    assert found["1"] == found["2"] and len(found["1"]) == 4


def test_other_conditions_are_run(quality):
    quality("--arms", "host", "--seeds", "0")
    assert len(quality("--arms", "host", "--seeds", "0", "--epochs", "2")) == 2


def test_the_report_of_a_run(quality, tmp_path, capsys):
    quality("--arms", TWO, "--seeds", "0,1", "--data", "fer2013,oasis")
    quality("--arms", "emollm", "--seeds", "0", "--development")
    capsys.readouterr()
    rows = quality("--report")
    printed = capsys.readouterr().out
    assert len(rows) == 2 * 2 + 2 * 2 * 3 + 1
    lines = [line for line in printed.splitlines() if line.startswith("| oasis | lite0")]
    assert [line.split(" | ")[3:6] for line in lines[:2]] == [["host", "2", "240"], ["emollm", "2", "240"]]
    assert "oasis: emollm over host" in printed and "that no setting was chosen on" in printed


def made_up(arm, seed, answers, *, data="oasis", fold=0, folds=1, development=False):
    key = {
        "data": data,
        "tower": "efficientnet_lite0",
        "arm": arm,
        "seed": seed,
        "fold": fold,
        "folds": folds,
        "development": development,
        "budget": "1 pass",
        "test": len(answers),
    }
    return {"key": key, "answers": answers, "seconds": 1.0, "device": "cpu"}


def test_the_gain_is_paired_and_draws_whole_themes():
    # Twenty themes of five: in ten of them the arm wins all five, in the others both are alike.
    host = {f"Thing{chr(ord('a') + number // 5)} {number % 5}": "ab" for number in range(100)}
    better = {item: "aa" if number < 50 else "ab" for number, item in enumerate(host)}
    found = gather([made_up("host", 0, host), made_up("emollm", 0, better)])
    arms = found["oasis", "efficientnet_lite0", "1 pass"]
    more = gain([("oasis", arms["host"], arms["emollm"])])
    assert more.mean == 0.5 and more.items == 100
    # The standard error of a share of 0.5 over 20 themes is 0.11, over 100 photographs it would be 0.05.
    assert 0.24 < more.low < 0.34 and 0.66 < more.high < 0.76


def test_a_seed_counts_when_all_its_folds_are_there_and_development_never():
    rows = [made_up("host", 0, {f"A {fold}": "aa"}, fold=fold, folds=2) for fold in (0, 1)]
    rows += [made_up("host", 1, {"A 0": "ab"}, fold=0, folds=2)]
    rows += [made_up("host", 2, {"A 0": "ab"}, development=True)]
    (own,) = gather(rows)["oasis", "efficientnet_lite0", "1 pass"].values()
    assert own.seeds == [0] and own.accuracy(0) == 1.0 and len(own.pairs) == 2


def test_a_row_that_was_written_twice_counts_once_and_other_conditions_are_refused():
    row = made_up("host", 0, {"a": "aa"})
    (own,) = gather([row, row])["oasis", "efficientnet_lite0", "1 pass"].values()
    assert own.seeds == [0] and own.seconds == {0: 1.0}
    other = {**row, "key": {**row["key"], "base": "another"}}
    with pytest.raises(InputError, match="two rows for oasis, efficientnet_lite0, host, 0, 0"):
        gather([row, other])


def test_wrong_rows_and_options_are_one_line(quality, tmp_path):
    for arguments, said in (
        (["--report"], "nothing to report"),
        (["--seeds", "0,a"], "--seeds 0,a must be whole numbers"),
        (["--jobs", "0"], "--jobs 0: at least 1"),
        (["--epochs", "0"], "--epochs 0: at least 1"),
        (["--folds", "1"], "--folds 1: at least 2"),
        (["--towers", "efficientnet_lite0,"], "vision tower"),
        (["--train", "7", "--arms", "host"], "7 pictures to train on are less than a batch of 8"),
    ):
        with pytest.raises(SystemExit, match=said):
            quality(*arguments)
    append_row(tmp_path / "rows.jsonl", made_up("gone", 0, {"a": "aa"}), ("yes",))
    with pytest.raises(SystemExit, match="arm 'gone', which is not known"):
        quality("--report")


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04"])
def test_features_that_cannot_be_read_are_one_line(plain, tmp_path, content):
    kept = tmp_path / "cache" / "fer2013-efficientnet_lite0-1.pt"
    kept.parent.mkdir()
    kept.write_bytes(content)
    with pytest.raises(SystemExit, match="features that cannot be read; remove the file"):
        plain("--arms", "host", "--seeds", "0")


def test_the_table_gives_spread_and_majority():
    rows = [made_up("host", seed, {"a": "aa", "b": "ba" if seed else "bb"}, data="fer2013") for seed in (0, 1)]
    (line,) = table(gather(rows)).splitlines()[2:]
    assert "| 2 | 4 | 0.750 ± 0.354 |" in line and "| 0.500 |" in line


def test_a_file_says_once_what_was_asked_and_gives_rows_back(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        made_up(arm, seed, {"a": f"a{given}", "b": "bb"}) for seed in (0, 1) for arm, given in (("host", "b"), ("emollm", "a"))
    ]
    for row in rows:
        append_row(path, row, ("no", "yes"))
    assert read_rows(path) == rows
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert ["asked" in line for line in lines] == [True, False, False, True, False, False]
    assert lines[0]["options"] == ["no", "yes"] and [line.get("answers") for line in lines[:3]] == [None, "bb", "ab"]


def test_a_line_that_is_no_row_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    append_row(path, made_up("host", 0, {"a": "aa"}), ("yes",))
    whole = path.read_bytes()
    row = whole.splitlines(keepends=True)[1]
    for line, said in (
        (b'{"key": 3\n', "no row of this"),
        (b'{"asked": 3}\n', "no row of this"),
        (row.replace(b'"answers":"a"', b'"answers":"ab"'), "no row of this"),
        (row.replace(b'"seed":0', b'"seed":3'), "no line before it says what was asked"),
    ):
        path.write_bytes(whole + line)
        with pytest.raises(InputError, match=f"line 3: {said}"):
            read_rows(path)


def test_a_row_never_joins_a_line_without_end(tmp_path):
    path = tmp_path / "rows.jsonl"
    first, second = made_up("host", 0, {"a": "aa"}), made_up("emollm", 0, {"a": "aa"})
    append_row(path, first, ("yes",))
    path.write_bytes(path.read_bytes().rstrip())
    append_row(path, second, ("yes",))
    assert read_rows(path) == [first, second]


def test_rows_of_another_copy_of_the_data_set_are_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    append_row(path, made_up("host", 0, {"a": "aa", "b": "bb"}), ("no", "yes"))
    for answers, options in (
        ({"a": "aa", "c": "bb"}, ("no", "yes")),
        ({"a": "aa", "b": "ab"}, ("no", "yes")),
        ({"a": "aa", "b": "bb"}, ("no", "maybe")),
    ):
        with pytest.raises(InputError, match="ask about other pictures"):
            append_row(path, made_up("emollm", 0, answers), options)


def test_no_two_arms_are_the_same():
    assert len({astuple(arm)[1:] for arm in ARMS.values()}) == len(ARMS)


def test_the_mean_over_data_sets_leaves_the_control_out():
    host, whole, half = {"A 1": "ab", "B 1": "ab"}, {"A 1": "aa", "B 1": "aa"}, {"A 1": "aa", "B 1": "ab"}
    given = {"oasis": whole, "fer2013": half, "oasis_category": host}
    rows = [made_up("host", 0, host, data=data) for data in given]
    rows += [made_up("emollm", 0, answers, data=data) for data, answers in given.items()]
    chosen = {(data, "1 pass"): "emollm" for data in given}
    lines = overall(gather(rows), chosen).splitlines()
    assert len(lines) == 4 and "without the control: +0.750 (" in lines[-1]
    assert len(overall(gather(rows[:1] + rows[3:4]), chosen).splitlines()) == 1


def test_towers_weigh_alike_however_many_seeds_they_have():
    rows = [made_up("host", seed, {"A 1": "ab"}) for seed in range(3)]
    rows += [made_up("emollm", seed, {"A 1": "aa"}) for seed in range(3)]
    other = [made_up("host", 0, {"A 1": "ab"}), made_up("emollm", 0, {"A 1": "ab"})]
    for row in other:
        row["key"]["tower"] = "efficientnet_lite1"
    assert "oasis: emollm over host +0.500 (" in overall(gather(rows + other), {("oasis", "1 pass"): "emollm"})


def test_logistic_regression_stands_beside_the_arms(quality):
    """It trains nothing else, is kept as a row and is as far from the host as any arm."""
    baseline = "logistic regression, block 14"
    rows = quality("--arms", f"host;{baseline}", "--seeds", "0,1", "--train", "42")
    assert [row["key"]["settings"].get("cells") for row in rows] == [None, 16] * 2
    assert f"| {baseline} | 2 | 14 |" in table(gather(rows))


def test_logistic_regression_reads_what_is_where_and_only_what_training_shows():
    """A cell that tells the class is found; shuffled training labels leave nothing to find."""
    generator = torch.Generator().manual_seed(0)
    items = [Item(str(n), f"{n}.jpg", "", "ab"[n % 2], ("a", "b"), str(n // 2 * 2 + n % 2)) for n in range(120)]
    features = {item.image: 0.1 * torch.randn(16, 3, generator=generator) for item in items}
    for item in items:
        features[item.image][5, 1] += item.answer == "b"
    given, _ = fit_and_answer(Cell(items[:60], items[60:]), by_cells(features, 16))
    assert sum(given[item.id] == item.answer for item in items[60:]) > 55
    pooled, _ = fit_and_answer(Cell(items[:60], items[60:]), by_cells(features, 1))
    assert sum(pooled[item.id] == item.answer for item in items[60:]) < sum(given[i.id] == i.answer for i in items[60:]) + 1
    shuffled = [item._replace(answer="ab"[int(item.id) // 2 % 2]) for item in items[:60]]
    chance, _ = fit_and_answer(Cell(shuffled, items[60:]), by_cells(features, 16))
    assert sum(chance[item.id] == item.answer for item in items[60:]) < 45


def test_a_contrast_has_an_interval_over_seeds():
    """Three seeds with gains of 0, 50 and 100 points: the mean is 50, Student's interval with two degrees +-124."""
    wrong, answers = {"A 1": "ab", "B 1": "ab"}, [{"A 1": "ab", "B 1": "ab"}, {"A 1": "aa", "B 1": "ab"}]
    answers.append({"A 1": "aa", "B 1": "aa"})
    rows = [made_up("logistic regression, block 14", seed, wrong) for seed in range(3)]
    rows += [made_up("emollm", seed, own) for seed, own in enumerate(answers)]
    (line,) = contrasts(gather(rows)).splitlines()[2:]
    assert "| oasis | lite0 | 6 | +0.0, +50.0, +100.0 | +50.0 | -74.2 to +174.2 |" in line
    assert contrasts(gather(rows[:1] + rows[3:4])).count("\n") == 1, "one seed has no spread"
