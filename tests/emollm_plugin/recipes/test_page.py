"""`run.md` and `loss.png`: what they say, and that what a user made of them stays."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from emollm_plugin.recipes import curve
from emollm_plugin.recipes.page import write_page

from .conftest import CPU, filled, run_of

RECIPE = filled(TUNE="projector", SEED=3)
STEPS = [
    {"step": n, "loss": 2.0 / n, "loss_hate": n / 10, "samples_per_second": 7.0 + n, "peak_memory_gb": n / 10}
    for n in (5, 10, 15)
]


@pytest.fixture
def run(made, tmp_path):
    """A run that was stopped once: its history is that of both parts, as the trainer keeps it."""
    (tmp_path / "run").mkdir()
    run = run_of(tmp_path / "run", RECIPE)
    run.checkpoint.mkdir()
    trained(run, STEPS)
    return run


def trained(run, history):
    entries = [*history, {"step": 15, "eval_loss": 0.3}, {"step": 15, "train_runtime": 9.0}]
    (run.checkpoint / "trainer_state.json").write_text(json.dumps({"log_history": entries}))


@pytest.fixture
def write(run, made):
    base, data, _ = made
    return lambda: write_page(RECIPE, base, data, CPU, run)


def test_a_run_says_what_it_was_and_how_it_went(run, write):
    page = write()
    said = page.read_text()
    assert page == run.folder / "run.md"
    for words in (
        "| trained | projector, seed 3, epochs: 1, 8 samples a step |",
        "| base model | base, template chatml |",
        f"| recipe | `emollm train {run.folder}/recipe.yaml` |",
        "| loss at step 5 | 0.4000 |",
        "| loss at step 15 | 0.1333 |",
        "| loss of hate, mean of the last 3 values | 1.0000 |",
        "| samples a second | 17 |",
        "| memory at most, of a process or its GPU | 1.50 GB |",
        "![Loss over steps](loss.png)",
        "Not evaluated.",
        f"emollm ask {run.checkpoint} photo.jpg",
    ):
        assert words in said, words
    assert "waited for data" not in said, "it was not logged"
    with Image.open(run.folder / "loss.png") as picture:
        assert picture.size == (840, 432) and len(picture.convert("L").getcolors()) > 20


@pytest.mark.slow
def test_what_is_ours_is_written_anew_and_what_a_user_changed_stays(run, write):
    first, figure = write().read_text(), (run.folder / "loss.png").read_bytes()
    trained(run, STEPS[:2])
    assert write() == run.folder / "run.md" and (run.folder / "run.md").read_text() != first
    assert (run.folder / "loss.png").read_bytes() != figure
    (run.folder / "run.md").write_text(first + "A note of mine.\n")
    Image.new("RGB", (4, 4)).save(run.folder / "loss.png")
    mine = (run.folder / "loss.png").read_bytes()
    page = write()
    assert page.name == "run-2.md" and "(loss-2.png)" in page.read_text()
    assert write() == page, "the second is ours"
    assert (run.folder / "run.md").read_text().endswith("A note of mine.\n") and (run.folder / "loss.png").read_bytes() == mine
    assert sorted(path.name for path in run.folder.glob("*.*")) == ["loss-2.png", "loss.png", "run-2.md", "run.md"]


def test_a_run_without_a_curve_or_without_matplotlib_has_a_page_still(run, write, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "loss.png" not in write().read_text() and "matplotlib is not installed" in capsys.readouterr().out
    (run.checkpoint / "trainer_state.json").unlink()
    said = write().read_text()
    assert "How it went" not in said and not list(run.folder.glob("*.png"))


def test_scores_stand_on_the_page(run, write, monkeypatch):
    monkeypatch.setattr("emollm_plugin.recipes.page.score_table", lambda scored: f"accuracy {scored['overall']}")
    (run.folder / "results.json").write_text('{"overall": 0.75}')
    said = write().read_text()
    assert "```\naccuracy 0.75\n```" in said and f"emollm report {run.folder} --out report" in said


def test_points_and_their_median():
    assert curve.points(STEPS, "loss") == [(5, 0.4), (10, 0.2), (15, 2 / 15)]
    assert curve.usual(STEPS, "samples_per_second") == 17.0 and curve.usual(STEPS, "waiting_for_data") is None
    assert curve.read_history(Path("nowhere")) == [] and not curve.is_ours(Path("nowhere"))
