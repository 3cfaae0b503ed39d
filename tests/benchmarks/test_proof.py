"""The protocol's reading: trials first, the same for all arms, resumed; and the gain with its interval."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks.proof import __main__ as command
from benchmarks.proof import sets
from benchmarks.proof.arms import ARMS, CELLS, HEARD, HOST, POOLED, RATES, REDUCED, SEEN, perspectives
from benchmarks.proof.runs import chosen_rates, readings, trials
from benchmarks.proof.senses import Pictures, Voices
from benchmarks.quality.data import Item
from benchmarks.shared.rows import read_rows
from emobench_data.io.errors import InputError

WORDS = ("joy", "fear")
ROOT = Path(command.__file__).parents[2]


@pytest.fixture
def proof(base, data_root, tmp_path, monkeypatch):
    """A function that runs the command on the made-up data, with random features and little alignment."""
    for name, value in {"FACES": 21, "TRIAL_ASKED": 7, "ASKED": 2}.items():
        monkeypatch.setattr(sets, name, value)
    sets.fresh_faces.cache_clear()
    for name, one in sets.SETS.items():
        monkeypatch.setitem(sets.SETS, name, one._replace(alignment=2))

    def features_of(tower, layer, images, root, kept, device):
        assert all((root / image).is_file() for image in images)
        generator = torch.Generator().manual_seed(-layer)
        return {image: torch.randn(16, 24, generator=generator) for image in sorted(set(images))}

    monkeypatch.setattr("benchmarks.proof.runs.features_of", features_of)

    def run(*words):
        places = {"base": base, "data-root": data_root, "rows": tmp_path / "rows.jsonl", "cache": tmp_path / "cache"}
        places |= {"figure": tmp_path / "figure.png", "device": "cpu", "seeds": 1}
        line = [part for name, value in places.items() for part in (f"--{name}", str(value))]
        monkeypatch.setattr(sys, "argv", ["proof", *line, *words])
        command.main()
        return read_rows(tmp_path / "rows.jsonl")

    yield run
    sets.fresh_faces.cache_clear()


def test_trials_come_first_and_read_nothing_then_each_arm_is_read_once_with_what_they_chose(proof, capsys, monkeypatch):
    rows = proof("--data", "fer2013", "--trials-only")
    assert all(row["key"]["development"] for row in rows) and len(rows) == 5 * len(RATES)
    with pytest.raises(SystemExit, match="nothing was read yet"):
        proof("--report")
    whole = proof("--data", "fer2013")
    read = [row for row in whole[len(rows) :] if not row["key"]["development"]]
    assert whole[: len(rows)] == rows and [row["key"]["arm"] for row in read] == list(REDUCED["fer2013"])
    asked = {item for row in read for item in row["answers"]}
    assert len(asked) == 12 and not asked & {item for row in rows for item in row["answers"]}
    for row in read:
        if row["key"]["arm"] == "logistic regression":
            assert row["key"]["rates"] is None
        else:
            own = [one for one in rows if one["key"]["arm"] == row["key"]["arm"]]
            best = max(own, key=lambda one: (one["accuracy"], -one["loss"]))
            assert row["key"]["rates"] == best["key"]["rates"]
    monkeypatch.setattr("benchmarks.proof.runs.fit", None)  # a training more would fail
    assert proof("--data", "fer2013") == whole
    proof("--report")
    told = capsys.readouterr().out
    assert "| fer2013 | ours over host | 12 |" in told and "for want of rows: oasis, emodb." in told


def test_the_host_stands_beside_for_as_much_time_and_in_its_own_two_stages(proof, monkeypatch):
    wanted = command.wanted

    def some(data, arms, *, whole):
        return {data: tuple(arm for arm in wanted(data, whole=True)[data] if arm.kind == HOST or arm.name == "ours")}

    monkeypatch.setattr(command, "wanted", some)
    rows = {row["key"]["arm"]: row for row in proof("--data", "fer2013", "--whole") if not row["key"]["development"]}
    assert list(rows) == ["host", "host, EmoPrompt", "ours", "host, equal time", "host, two stages"]
    took = rows["ours"]["processor"] / rows["host"]["processor"]
    steps = {name: row["key"]["steps"] for name, row in rows.items()}
    assert steps["host"] == steps["host, two stages"] == 2 and steps["host, equal time"] == max(1, round(2 * took))
    assert rows["host, two stages"]["key"]["rates"] == rows["host"]["key"]["rates"]


def test_photographs_are_chosen_for_inside_the_training_part_of_each_fold(proof, data_root):
    asked = []
    for seed in range(3):
        data = sets.SETS["oasis"]
        root, place = data_root / data.folder, sets.place_of(data, seed)
        read, trial = data.reading(root, seed), data.trial(root, place)
        inside, items = ({item.id for part in cell for item in part} for cell in ((read.train,), (trial.train, trial.test)))
        assert items == inside and place == 100 + seed
        assert not {item.group for item in trial.train} & {item.group for item in trial.test}
        assert not {item.group for item in read.train} & {item.group for item in read.test}
        asked += [item.id for item in read.test]
    assert len(set(asked)) == 120 and sets.place_of(data, 3) == 100
    rows = proof("--data", "oasis_category")
    assert {row["key"]["data"] for row in rows if row["key"]["development"]} == {"oasis"}, "the control takes their rates"


def test_faces_that_were_read_are_not_asked_about_again(data_root, monkeypatch, tmp_path):
    monkeypatch.setattr(sets, "ASKED", 10)
    sets.fresh_faces.cache_clear()
    root = data_root / "fer2013"
    items = sets.fresh_faces(root)
    assert len(items) == 60 and not any(item.answer == "disgust" for item in items)
    row = {"key": {"data": "x", "seed": 0, "development": False, "test": 1}, "answers": {items[0].id: "aa"}}
    from benchmarks.shared.rows import append_row

    append_row(tmp_path / "read.jsonl", row, ("a",))
    monkeypatch.setattr(sets, "READ_BEFORE", tmp_path / "read.jsonl")
    sets.fresh_faces.cache_clear()
    with pytest.raises(InputError, match="9 faces of .* were never read"):
        sets.fresh_faces(root)
    sets.fresh_faces.cache_clear()


def test_every_arm_has_the_same_trials_and_none_is_skipped():
    wanted = {name: tuple(ARMS[arm] for arm in arms) for name, arms in REDUCED.items()}
    units = list(trials(wanted, range(5)))
    counts = {}
    for unit in units:
        counts.setdefault((unit.data, unit.arm.name, unit.seed), []).append(unit.rates)
    assert all(rates == list(RATES) for rates in (own[: len(RATES)] for own in counts.values()))
    assert {seed for data, _, seed in counts if data == "oasis"} == {100, 101, 102}
    with pytest.raises(InputError, match="fer2013, host: no trial with rates"):
        list(readings(wanted, [0], [], key))
    assert chosen_rates("emodb", ARMS["ours"], 0, [], key) == RATES[0]
    made = [unit for unit in units if (unit.data, unit.arm.name) == ("fer2013", "ours")]
    rows = [{"key": key(unit), "accuracy": number, "loss": 0.0} for number, unit in enumerate(made)]
    assert chosen_rates("fer2013", ARMS["ours"], 0, rows, key) == RATES[1]
    others = [{**row, "key": row["key"] | {"device": "another"}, "accuracy": 9 - row["accuracy"]} for row in rows]
    assert chosen_rates("fer2013", ARMS["ours"], 0, [*rows, *others], key) == RATES[1], "trials of other conditions"


def key(unit):
    return {
        "data": unit.data,
        "arm": unit.arm.name,
        "seed": unit.seed,
        "rates": unit.rates,
        "trial": unit.trial,
        "device": "cpu",
    }


def items():
    return [Item(str(number), str(number), "Which?", WORDS[number % 2], WORDS, str(number)) for number in range(6)]


@pytest.mark.parametrize("kind", [HOST, POOLED, CELLS, "ours", "without layout", "without objects"])
def test_projectors_of_pictures(kind):
    import emollm_plugin

    emollm_plugin.register()
    generator = torch.Generator().manual_seed(0)
    features = {str(number): torch.randn(16, 24, generator=generator) for number in range(6)}
    sense = Pictures(features, torch.device("cpu"))
    projector = sense.build(kind, 8, 0)
    tokens = sense.tokens(projector, items())
    assert tokens.shape == (6, 16 if kind == HOST else 4, 8)
    again = sense.tokens(sense.build(kind, 8, 0), items())
    assert torch.equal(tokens, again), "the seed draws it"
    if kind == CELLS:  # the mean is the same, the places are not
        turned = {name: own.flip(0) for name, own in features.items()}
        assert not torch.allclose(Pictures(turned, torch.device("cpu")).tokens(projector, items()), tokens)


@pytest.mark.parametrize("kind", [HOST, POOLED, "ours", "without course"])
def test_projectors_of_voices(kind):
    import emollm_plugin

    emollm_plugin.register()
    features = {str(number): torch.randn(20 + number, 24) for number in range(6)}
    tokens = Voices(features, torch.device("cpu")).tokens(Voices(features, torch.device("cpu")).build(kind, 8, 0), items())
    assert [own.shape for own in tokens] == [(20 + number if kind == HOST else 16, 8) for number in range(6)]


def test_alignment_draws_tokens_of_every_arm_to_their_words():
    import emollm_plugin
    from emollm_plugin.alignment.align import Words

    emollm_plugin.register()
    torch.manual_seed(0)
    words = Words(list(WORDS), nn.functional.normalize(torch.randn(2, 8), dim=-1), torch.randn(8), 1.0)
    features = {str(number): (2 * (number % 2) - 1) * torch.ones(16, 24) + 0.1 * torch.randn(16, 24) for number in range(6)}
    for kind in (HOST, POOLED, CELLS, "ours"):
        sense = Pictures(features, torch.device("cpu"))
        projector = sense.build(kind, 8, 0)
        sense.align(projector, items(), words, steps=60, residual=0.2, seed=0)
        found = words.logits(sense.tokens(projector, items())).argmax(dim=1)
        assert found.tolist() == [0, 1] * 3, kind


def test_what_is_left_out():
    assert perspectives("ours", SEEN) == "objects+relations+atmosphere+layout"
    assert perspectives("without objects", SEEN) == "atmosphere+layout", "relations read objects"
    with pytest.raises(InputError, match="'layout' is no perspective of this set"):
        perspectives("without layout", HEARD)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs", "0"], "--jobs 0: at least 1"),
        (["--seeds", "-1"], "--seeds -1: at least 1"),
        (
            ["--data-root", "FOLDER", "--data", "emodb", "--arms", "ours; cells"],
            "no arm 'cells' of emodb; known, with ; between: host;",
        ),
        (["--data-root", "FOLDER", "--data", ""], "unknown data set ''; known, with ; between: fer2013;"),
        (["--data-root", "FOLDER", "--arms", " ; "], "no arm '' of fer2013; "),
        (["--report", "--rows", "FOLDER"], "a folder; name a file of rows"),
        (["--report", "--rows", str(ROOT / "benchmarks/reasons.jsonl")], "a row of another benchmark, about "),
        (["--report", "--rows", str(ROOT / "benchmarks/quality_faces.jsonl")], "a row of another benchmark, about "),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["proof", *(str(tmp_path) if word == "FOLDER" else word for word in words)])
    with pytest.raises(SystemExit) as stopped:
        command.main()
    assert stopped.value.code not in (0, None) and said in f"{stopped.value.code}\n{capsys.readouterr().err}"


def test_arms_are_named():
    (arms,) = command.wanted("fer2013", "ours, without layout", whole=False).values()
    assert [arm.name for arm in arms] == ["ours, without layout"]


def test_bad_input_is_one_line(proof, tmp_path):
    (tmp_path / "none/emodb/wav").mkdir(parents=True)
    for words, said in (
        (("--data", "emodb", "--data-root", str(tmp_path / "none")), "data set emodb: no item to train on or to ask about in "),
        (("--data", "nothing"), "unknown data set 'nothing'; known"),
        (("--data", "emodb"), "data set emodb: no folder"),
    ):
        with pytest.raises(SystemExit, match=said):
            proof(*words)
