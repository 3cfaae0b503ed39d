"""The figures of the docs: drawn from the code as it is, the same every time, and readable for everybody."""

import json
import re
import sys
from xml.etree import ElementTree

import pytest
import torch
from PIL import Image

from emobench_data.building.convert import Form, make_mini
from emobench_data.io.errors import InputError
from emobench_data.report.runs import load_runs
from emollm_plugin.attach import HOOKS
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions, SoundOptions
from emollm_plugin.projector.sound import SoundProjector

from .emobench_data.make import read_lines, write_lines
from .pages import PAGES, ROOT

pytest.importorskip("tomllib", reason="figures are drawn on Python 3.11 or later")

from scripts.figures import at_work, flows, house, pen, projector
from scripts.figures.__main__ import FIGURES, draw_all

COMMITTED = ROOT / "docs" / "figures"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    draw_all(folder)
    return folder


def texts(path):
    return [each.text for each in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def made_with(path):
    return re.search(r"Matplotlib v[\w.]+", path.read_text())[0]


@pytest.mark.parametrize("name", FIGURES)
def test_the_committed_figure_is_what_the_program_draws(drawn, name):
    own, committed = drawn / f"{name}.svg", COMMITTED / f"{name}.svg"
    again = "draw it anew: python -m scripts.figures"
    assert texts(own) == texts(committed), again
    if made_with(own) == made_with(committed):
        assert own.read_bytes() == committed.read_bytes(), again


def test_every_figure_is_shown_with_words_for_who_does_not_see_it():
    shown = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert "```mermaid" not in text, page
        shown |= {name: alt for alt, name in re.findall(r"!\[([^\]]*)\]\((?:docs/)?figures/([\w.]+)\)", text)}
    assert {*shown} == {path.name for path in COMMITTED.iterdir()} == {*(f"{name}.svg" for name in FIGURES), at_work.OUT.name}
    assert all(len(alt) > 100 for alt in shown.values())


def test_the_house_has_the_rooms_of_the_contract(drawn, monkeypatch):
    words = texts(drawn / "house.svg")
    houses, _ = house.contracts()
    for name, own in houses.items():
        rooms = [room for floor in own.floors for room in floor]
        folders = {path.stem for path in (ROOT / name).iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
        assert {*rooms} == {one for one in folders if not one.startswith("_")}
        after = iter(words)
        assert all(room in after for room in rooms), "from above"
    monkeypatch.delitem(house.DUTIES["emobench_data"], "io")
    with pytest.raises(InputError, match=r"DUTIES of emobench_data lacks \['io'\]"):
        house.draw(pen.Pen(house.height()))


def sizes(module, *given):
    """What each perspective of a projector puts out, name -> shape."""
    found = {}
    for name, perspective in module.perspectives.items():
        perspective.register_forward_hook(lambda _, __, out, name=name: found.update({name: tuple(out.shape)}))
    return {"content": tuple(module(*given).shape), **found}


def test_shapes_are_those_of_the_projector():
    pictures, patches, tokens, wide = 2, 49, 4, 24
    letters = {"B": pictures, "M": tokens, "D": wide}
    module = MultiPerspectiveProjector(16, wide, ProjectorOptions(tokens=tokens))
    found = sizes(module, torch.randn(pictures, patches, 16))
    assert found == {lane.name: numbers(lane.shape, letters) for lane in projector.lanes()}
    found = sizes(SoundProjector(16, wide, SoundOptions(tokens=tokens)), [torch.randn(50, 16)])
    assert found == {lane.name: numbers(lane.shape, letters) for lane in projector.lanes_of_sound()}


def numbers(shape, letters):
    return tuple(letters.get(part) or int(part) for part in shape.strip("()").split(", "))


def test_hooks_are_those_of_the_plug_in(monkeypatch):
    monkeypatch.setitem(HOOKS, "llava.new", "x:y")
    with pytest.raises(InputError, match=r"lacks \['new'\] and has \[\] too much"):
        flows.draw_hooks(pen.Pen(flows.HOOKS_HEIGHT))


def test_words_stand_out_from_what_is_behind_them():
    kinds = [kind.fill for kind in vars(pen).values() if isinstance(kind, pen.Kind)]
    assert len(kinds) > 4
    for fill in (*kinds, "#FFFFFF"):
        for ink in (pen.INK, pen.QUIET):
            light, dark = sorted((brightness(fill), brightness(ink)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (fill, ink)


def brightness(color):
    """Relative luminance (WCAG 2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear))


def test_letters_are_large_enough_and_words_stay_in_their_box(drawn):
    for path in drawn.iterdir():
        svg = path.read_text()
        assert 'width="525pt"' in svg and min(map(float, re.findall(r"font-size: ([\d.]+)px", svg))) * 96 / 72 >= 12
    with pytest.raises(InputError, match="say it in fewer letters"):
        pen.Pen(100).box(0, 0, 50, 20, "more than goes in")


@pytest.fixture
def make_run(tmp_path):
    """A function that makes a run on a small EmoBench-mini: steps and answers are right but for what `said` gives."""
    reasoned = ("humor", "sarcasm")
    form = Form(rationale="all", asks="steps", reasoned=reasoned)
    make_mini(tmp_path / "mini", train=6, test=36, seed=0, form=form)
    files = {"questions": "../mini/questions.jsonl", "gold": "../mini/gold.jsonl", "media": "../mini/media"}

    def right(gold):
        return "Answer: " * (gold["task"] in reasoned) + gold["answer"]

    def make(said):
        (tmp_path / "run").mkdir(exist_ok=True)
        answers = [
            {"question_id": gold["question_id"], "text": said.get(gold["question_id"], right(gold))}
            for gold in read_lines(tmp_path / "mini/gold.jsonl")
        ]
        write_lines(tmp_path / "run/answers.jsonl", answers)
        (tmp_path / "run/results.json").write_text(json.dumps({"files": files}))
        return tmp_path / "run"

    return make


def at_work_of(folder):
    (run,) = load_runs([folder], questions=None, gold=None, media_root=None)
    return run, [item.question for item in at_work.chosen(run)]


def test_the_model_at_work_shows_its_first_error(make_run):
    error = "mini/test-hate-00003/hate"
    run, shown = at_work_of(make_run({error: "Perhaps", "mini/test-hate-00004/hate": "Perhaps"}))
    media = [run.asked[question].media[0].path for question in shown]
    assert "storyboard" in media[0] and shown[1:] == ["mini/test-humor-00000/humor", "mini/test-sarcasm-00000/sarcasm", error]
    _, shown = at_work_of(make_run({}))
    assert shown[3] == "mini/test-intent-00000/intent"


def test_the_model_at_work_is_drawn_as_it_answered(make_run, tmp_path, monkeypatch):
    steps = "Words: large\nPicture: small\nClash: yes\nAnswer: "
    humor, hate = "mini/test-humor-00000/humor", "mini/test-hate-00000/hate"
    (gold,) = [one for one in read_lines(tmp_path / "mini/gold.jsonl") if one["question_id"] == humor]
    folder, written = make_run({humor: steps + gold["answer"], hate: "Perhaps"}), []
    words = pen.Pen.words
    monkeypatch.setattr(
        pen.Pen, "words", lambda self, x, y, text, **how: written.append(text) or words(self, x, y, text, **how)
    )
    monkeypatch.setattr(sys, "argv", ["at_work", str(folder), "--out", str(tmp_path / "seen.jpg")])
    at_work.main()
    assert {"Words: large", "Picture: small", "Clash: yes", "four frames of a clip"} <= {*written}
    right = [text for text in written if text.startswith("\N{CHECK MARK}")]
    assert len(right) == 3 and "\N{BALLOT X} Perhaps" in written and "35 of 36 answers are right" in written[-1]
    with Image.open(tmp_path / "seen.jpg") as image:
        assert image.size == (2 * pen.WIDTH, 2 * at_work.HEIGHT)
        (left, top), side = (16, 2 * at_work.TOP), 2 * at_work.TILE
        assert len(image.crop((left, top, left + side, top + side)).getcolors(side**2)) > 1000, "the medium"


def test_pictures_of_others_are_refused(make_run, tmp_path, monkeypatch):
    folder = make_run({})
    golds = [{**gold, "source": "mustard"} for gold in read_lines(tmp_path / "mini/gold.jsonl")]
    write_lines(tmp_path / "mini/gold.jsonl", golds)
    monkeypatch.setattr(sys, "argv", ["at_work", str(folder), "--out", str(tmp_path / "seen.jpg")])
    with pytest.raises(SystemExit, match="no run on EmoBench-mini with storyboards"):
        at_work.main()
