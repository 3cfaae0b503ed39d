"""Answers with and without reasons, from a command line to rows: resumed, paired, one recipe for all."""

import json
import sys
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats

from benchmarks.reasons import __main__ as command
from benchmarks.reasons import arms, data
from benchmarks.reasons.data import asked, make_cell, trained
from benchmarks.reasons.figure import columns
from benchmarks.reasons.report import gain, gather
from benchmarks.shared.crossed import crossed_mean
from benchmarks.shared.rows import read_rows
from emobench_data.io.errors import InputError
from emobench_data.schema.tasks import DIRECT, GUIDED, STEPS
from emobench_data.sources import mintrec
from emollm_plugin.recipes.defaults import with_defaults, with_rates
from emollm_plugin.recipes.layers import read_recipe

SHOWS = ("FRIENDS", "BBT")


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    """Made-up MUStARD and MIntRec: 12 utterances of each of two shows, a row of train and dev for each intent."""
    root = tmp_path_factory.mktemp("texts")
    rows = {
        f"{number}_{show}": {
            "utterance": f"Oh, number {number} is great!",
            "speaker": "ANN",
            "context": ["What a day.", f"It rained {number} times."],
            "context_speakers": ["BOB", "CLEO"],
            "show": show,
            "sarcasm": number % 2 == 0,
        }
        for number, show in product(range(12), SHOWS)
    }
    (root / "mustard").mkdir()
    (root / "mustard" / "sarcasm_data.json").write_text(json.dumps(rows))
    (root / "mintrec").mkdir()
    for split in ("train", "dev", "test"):
        lines = ["\t".join(mintrec.COLUMNS)]
        lines += [f"S1\tE{split}\t{place}\tHello {split} {label}!\t{label}" for place, label in enumerate(mintrec.LABELS)]
        (root / "mintrec" / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def reasons(base, texts, tmp_path, monkeypatch):
    """A function that runs the command on the made-up data, two steps of training, with random features."""

    def features_of(tower, layer, images, root, kept, device):
        assert all((root / image).is_file() for image in images)
        generator = torch.Generator().manual_seed(-layer)
        return {image: torch.randn(16, 24, generator=generator) for image in sorted(set(images))}

    monkeypatch.setattr("benchmarks.reasons.runs.features_of", features_of)
    monkeypatch.setattr(data, "MINI", (36, 36))
    monkeypatch.setattr("benchmarks.reasons.asking.REASONS", 12)
    for name in arms.STEPS:
        monkeypatch.setitem(arms.STEPS, name, 2)
    recipe = arms.RECIPES["mini"]
    monkeypatch.setitem(arms.RECIPES, "mini", type(recipe)(**{**vars(recipe), "alignment": 2}))

    def run(*arguments):
        line = [
            "reasons",
            "--base",
            base,
            "--data-root",
            texts,
            "--rows",
            tmp_path / "rows.jsonl",
            "--cache",
            tmp_path / "cache",
        ]
        line += ["--device", "cpu", "--quiet", "--figure", tmp_path / "figure.png", *arguments]
        monkeypatch.setattr(sys, "argv", list(map(str, line)))
        command.main()
        return read_rows(tmp_path / "rows.jsonl")

    return run


def test_every_arm_leaves_a_row_and_what_is_there_is_not_run_again(reasons, tmp_path, monkeypatch):
    first = reasons("--data", "mustard", "--seeds", "0")
    assert {row["key"]["arm"] for row in first} == set(arms.ARMS)
    assert all(len(row["answers"]) == 12 and row["tokens"] > 0 for row in first)
    assert all(("sarcasm" in row["faithfulness"]) == (row["key"]["settings"]["form"] == STEPS) for row in first)
    # A killed run: the last row is missing.
    lines = (tmp_path / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_bytes(b"".join(lines[:-1]))
    again = reasons("--data", "mustard", "--seeds", "0")
    assert [row["key"] for row in again] == [row["key"] for row in first]
    assert again[-1]["answers"] == first[-1]["answers"] and again[-1]["loss"] == first[-1]["loss"]
    monkeypatch.setattr("benchmarks.reasons.runs.train_and_look", lambda *_, **__: pytest.fail("run again"))
    assert reasons("--data", "mustard", "--seeds", "0") == again


def test_pictures_are_asked_about_too(reasons):
    rows = reasons("--data", "mini", "--seeds", "0", "--arms", "direct;steps")
    assert [len(row["answers"]) for row in rows] == [36, 36]
    assert set(rows[1]["faithfulness"]) == {"hate", "humor", "sarcasm"} and not rows[0]["faithfulness"]


def test_arms_differ_in_what_they_learn_alone(texts, tmp_path):
    cell = make_cell("mustard", texts, tmp_path, 0)
    items = {name: trained(cell, "mustard", training) for name, training in arms.TRAININGS.items()}
    assert len({tuple(item.id for item in own) for own in items.values()}) == 1
    assert {item.answer for item in items["direct"]} == {"Yes", "No"}
    assert all(item.answer.startswith('Words: "') for item in items["steps"])
    assert {item.answer in ("Yes", "No") for item in items["half"]} == {True, False}
    assert not {record.item for record in cell.train} & {record.item for record in cell.test}
    assert {record.group for record in cell.test} == {"FRIENDS"}


@pytest.mark.parametrize("form", [DIRECT, GUIDED, STEPS])
def test_questions_are_of_the_arms_form_and_without_the_answer(texts, tmp_path, form):
    cell = make_cell("mintrec", texts, tmp_path, 0)
    put = asked(cell, "mintrec", arms.Arm("any", "direct", form))
    assert {question.form for question in put.questions} == {form}
    assert all("steps" in line for line in put.gold) == (form == STEPS)
    assert len(put.questions) == 20 and all("Edev" in question.id for question in put.questions)  # never the test part


@pytest.mark.parametrize("count", [2, 3, 6])
def test_an_interval_holds_other_seeds_and_other_items(count):
    """Made-up answers of which seeds and items both move the mean: nearly all intervals hold the truth, 0."""
    rng, held, narrow = np.random.default_rng(0), 0, 0
    for _ in range(300):
        table = rng.normal(0, 1, (count, 1)) + rng.normal(0, 1, (1, 60)) + rng.normal(0, 1, (count, 60))
        seeds, groups = np.indices(table.shape)
        found = crossed_mean(table.ravel(), seeds.ravel(), [str(group) for group in groups.ravel()])
        held += found.low <= 0 <= found.high
        alone = crossed_mean(table.ravel(), [0] * table.size, [str(group) for group in groups.ravel()])
        narrow += alone.high <= found.high + 1e-9
    assert held >= 273 and narrow == 300


def test_without_a_difference_between_seeds_the_interval_is_that_of_the_items():
    values = [0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0] * 5
    once = crossed_mean(values, [0] * 40, list(map(str, range(40))))
    thrice = crossed_mean(values * 3, [seed for seed in range(3) for _ in values], list(map(str, range(40))) * 3)
    assert once.value == thrice.value and once.high == pytest.approx(thrice.high, rel=0.01)
    mean, error = np.mean(values), np.std(values, ddof=1) / 40**0.5
    assert once.high - mean == pytest.approx(stats.t.ppf(0.975, 39) * error)


def test_the_report_is_paired_and_the_figure_is_drawn(reasons, tmp_path, capsys):
    for name in ("mustard", "mini"):
        reasons("--data", name, "--seeds", "0,1", "--arms", "direct;steps;sentences by rule")
    capsys.readouterr()
    rows = reasons("--report")
    told = capsys.readouterr().out
    assert "**mini, cpu: hate, humor, sarcasm**" in told and "**mustard, cpu**" in told
    found = gather(rows)
    arms_of = found["mustard", "cpu"]
    right = {name: sum(own == "a" for own in arm.outcomes.values()) / 24 for name, arm in arms_of.items()}
    more = gain("mustard", arms_of["direct"], arms_of["steps"])
    assert more.value == pytest.approx(right["steps"] - right["direct"]) and (more.n, more.seeds, more.groups) == (24, 2, 12)
    assert f"| steps | 0, 1 | 24 | {100 * right['steps']:.1f} |" in told
    with Image.open(tmp_path / "figure.png") as drawn:
        assert drawn.format == "PNG" and drawn.width > 400
    shown = {column.title: column for column in columns(found, "mini")}
    assert list(shown) == ["Emo-C", "Emo-O", "Intent", "Hate", "Humor", "Sarcasm"]
    assert set(shown["Hate"].arms) == {"answer alone", "reasons in sentences", "reasons in steps"}
    for seed, row in found["mini", "cpu"]["steps"].rows.items():
        own = [pair[1] for item, pair in row["answers"].items() if item.endswith("/hate")]
        assert shown["Hate"].arms["reasons in steps"][seed] == pytest.approx(100 * own.count("a") / len(own))
    with pytest.raises(InputError, match="two rows for mustard, direct, 0"):
        gather([*rows, rows[0]])


@pytest.mark.parametrize("data", ["mini", "oasis"])
def test_pictures_are_trained_on_as_the_launcher_trains_on_them(data):
    """With an adapter, which reasons need: the layer and alignment of faces had been taken for photographs."""
    asked = with_rates(with_defaults(read_recipe({"DATASET": data, "TUNE": "lora"})))
    own = arms.RECIPES[data]
    launched = (asked.select_layer, asked.align, asked.align_residual, asked.projector, asked.projector_lr, asked.learning_rate)
    assert (own.layer, own.alignment, own.beside, own.projector, own.rate, own.lora) == launched
