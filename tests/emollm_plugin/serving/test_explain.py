"""The picture of `emollm explain`: maps in the right place, answers as `ask` gives them, nothing drawn over another."""

import itertools

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image, ImageDraw

from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.eyes import picture_of
from emollm_plugin.projector.fusion import weigh
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions
from emollm_plugin.serving.explain.picture import MARGIN, WIDTH, Sheet
from emollm_plugin.serving.explain.seen import Map, Panel, look, strength, watching

pytestmark = [pytest.mark.host, pytest.mark.both_formats]
ODD = (0, 2)  # row and column of the one patch that differs


def opened(options):
    """A projector whose perspectives change the visual tokens."""
    torch.manual_seed(0)
    made = MultiPerspectiveProjector(8, 12, ProjectorOptions.parse(options))
    for read in made.reads.values():
        read.to_value.open()
    return made


@pytest.fixture
def projector():
    """Two slots: the first looks for the odd patch, the second for the others."""
    made = opened("multiperspective:slots=2,width=6,tokens=4")
    with torch.no_grad():
        made.perspectives["objects"].queries.copy_(torch.tensor([[1.0, -1] * 4, [-1.0, 1] * 4]))
    return made


@pytest.fixture
def patches():
    made = torch.tensor([-1.0, 1] * 4).repeat(1, 16, 1)
    made[0, ODD[0] * 4 + ODD[1]] *= -1
    return made


def panels(projector, patches):
    with watching(projector) as passed:
        projector(patches)
    return {panel.heading: panel for panel in look(projector, passed)}


def place(one):
    """Where a map is highest."""
    return np.unravel_index(one.values.argmax(), one.values.shape)


def test_maps_are_highest_where_the_picture_differs(projector, patches):
    seen = panels(projector, patches)
    assert list(seen) == ["Objects", "Relations", "Atmosphere", "Layout"]
    slots = {one.caption.split(",")[0]: one for one in seen["Objects"].maps}
    assert place(slots["slot 1"]) == ODD and slots["slot 2"].values[ODD] == slots["slot 2"].values.min()
    assert np.allclose(slots["slot 1"].values + slots["slot 2"].values, 1), "the slots share each patch"
    contrast, texture = seen["Atmosphere"].maps
    assert place(contrast) == ODD
    (cells,) = seen["Layout"].maps
    assert cells.values.shape == (4, 4) and np.isclose(cells.values.sum(), 1)
    with torch.no_grad():
        projector.perspectives["layout"].proj.weight[:, : 5 * 8] = 0  # the first five cells
    assert set(zip(*np.where(panels(projector, patches)["Layout"].maps[0].values == 0))) == {
        *((0, n) for n in range(4)),
        (1, 0),
    }
    # From the left neighbour to the odd patch, and from it to the next.
    assert set(zip(*np.nonzero(texture.values))) == {ODD, (ODD[0], ODD[1] + 1)}


def test_the_slots_that_are_read_most_come_first(patches):
    projector = opened("multiperspective:slots=6,width=6")
    torch.nn.init.normal_(projector.reads["objects"].to_key.weight)
    context = projector.perspectives["objects"](patches)
    keys, _ = projector.reads["objects"](context)
    read = weigh(patches, [keys])[0][0].mean(0).tolist()
    ranked = sorted(range(6), key=lambda slot: -read[slot])[:4]
    wanted = [f"slot {slot + 1}, read {100 * read[slot]:.1f} %" for slot in ranked]
    assert [one.caption for one in panels(projector, patches)["Objects"].maps] == wanted


def test_relations_lead_from_the_slots_that_are_read_back_to_patches(projector, patches):
    relations = projector.perspectives["relations"]
    with torch.no_grad():
        relations.to_qkv.weight.zero_()  # every slot takes the same from each
    matrix, behind = panels(projector, patches)["Relations"].maps
    assert np.allclose(matrix.values, 0.5) and not matrix.over_image
    maps = panels(projector, patches)["Objects"].maps
    assert np.allclose(behind.values, sum(one.values / one.values.sum() for one in maps) / 2, atol=1e-6)


def test_a_perspective_that_brings_more_than_there_was_is_no_percentage():
    assert strength(0.031) == "Changes the tokens by 3.1 %"
    assert strength(19.77) == "Brings 19.8 times what the content tokens are"


def test_what_a_perspective_adds_is_said_and_nothing_is_drawn_of_a_fresh_one(projector, patches):
    fresh = MultiPerspectiveProjector(8, 12, ProjectorOptions.parse("multiperspective:slots=2,width=6,tokens=4"))
    for panel in panels(fresh, patches).values():
        assert panel.note == "Changes the tokens by 0.0 %: too little to draw what it attends to." and not panel.maps
    fresh.reads["objects"].to_value.open()
    seen = panels(fresh, patches)
    assert "by 0.0 %" not in seen["Objects"].note and seen["Objects"].maps and not seen["Relations"].maps


def test_slots_that_are_not_read_are_said_and_the_others_share_one_scale(patches, monkeypatch):
    """The second of four is read, and two hardly: noise of theirs, each on a scale of its own, would look like attention."""
    from emollm_plugin.serving.explain import seen as maps

    projector = opened("multiperspective:slots=4,width=6,tokens=4")
    monkeypatch.setattr(maps, "_read", lambda *_: torch.tensor([0.2, 0.79, 0.009, 0.001]))
    panel = panels(projector, patches)["Objects"]
    assert [one.caption for one in panel.maps] == ["slot 2, read 79.0 %", "slot 1, read 20.0 %"]
    assert "2 of 4 slots (2 are read less than 1.0 %)" in panel.note
    assert {one.top for one in panel.maps} == {max(one.values.max() for one in panel.maps)}


@pytest.mark.parametrize("top", [None, 0.5])
def test_colours_begin_at_zero_so_that_what_is_alike_looks_alike(top):
    values = np.array([[0.249, 0.25], [0.251, 0.25]])
    sheet = Sheet(Image.new("RGB", (50, 50), "white"), "title")
    sheet.add(Panel("Objects", "note", [Map("slot 1", values, over_image=False, top=top)]))
    tile = np.asarray(sheet.image)[MARGIN + 24 + 86 :, MARGIN:][:236, :236].reshape(-1, 3).astype(int)
    apart = np.abs(tile - np.median(tile, axis=0)).max(axis=1)
    assert np.quantile(apart, 0.9) < 12  # the rest are numbers


def test_a_single_patch_is_drawn_too(projector, patches):
    projector.tokens = 0
    assert [one.values.shape for one in panels(projector, patches[:, :1])["Atmosphere"].maps] == [(1, 1)] * 2


def test_watching_leaves_nothing_behind_and_a_perspective_left_out_is_not_shown(patches):
    plain = opened("multiperspective:perspectives=atmosphere")
    assert list(panels(plain, patches)) == ["Atmosphere"]
    assert not any(module._forward_hooks for module in plain.modules())


@pytest.fixture
def predictor(checkpoint, float32):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


def test_maps_lie_over_the_padded_square_that_the_model_gets(predictor):
    """A red and a blue half side by side: the padding above and below is seen, and left stays left."""
    predictor.model.config.image_aspect_ratio = "pad"
    picture = Image.new("RGB", (80, 40), (220, 20, 20))
    picture.paste((20, 20, 220), (40, 0, 80, 40))
    seen = np.asarray(picture_of(predictor.ask(picture, "").pixels, predictor.image_processor)).astype(int)
    size, mean = seen.shape[0], [int(value * 255) for value in predictor.image_processor.image_mean]
    assert np.abs(seen[[1, -2], size // 2] - mean).max() <= 3
    assert np.abs(seen[size // 2, 3] - (220, 20, 20)).max() <= 12
    assert np.abs(seen[size // 2, -4] - (20, 20, 220)).max() <= 12


def test_the_command_answers_as_ask_does_and_writes_the_picture(checkpoint, asked, tmp_path, float32):
    words = [str(checkpoint), str(asked / "images" / "3.png"), "What is it?", "--labels", "joy, fear"]
    out = tmp_path / "seen.png"
    done = CliRunner().invoke(main, ["explain", *words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    plain = CliRunner().invoke(main, ["ask", *words])
    assert done.stdout.splitlines() == [*plain.stdout.splitlines(), str(out)]
    with Image.open(out) as drawn:
        assert drawn.format == "PNG" and drawn.width == WIDTH and len(drawn.getcolors(1 << 24)) > 200
    other = CliRunner().invoke(main, ["explain", *words, "--out", str(tmp_path / "seen.jpg")])
    assert other.exit_code == 2 and ".png" in other.output


def test_a_projector_without_perspectives_is_refused(predictor, tmp_path):
    from emobench_data.io.errors import InputError
    from emollm_plugin.serving.explain import explain

    predictor.model.config.mm_projector_type = "mlp2x_gelu"
    predictor.model.get_model().mm_projector = torch.nn.Linear(24, 32)
    with pytest.raises(InputError, match="'mlp2x_gelu' has no perspectives.*emollm ask"):
        explain(predictor, Image.new("RGB", (8, 8)), out=tmp_path / "seen.png")


@pytest.mark.parametrize("labels", [2, 40])
def test_no_text_lies_over_another_or_leaves_the_page(labels, monkeypatch):
    boxes, write = [], ImageDraw.ImageDraw.text

    def noting(self, xy, text, *args, font, **kwargs):
        boxes.append((*xy, xy[0] + font.getlength(text), xy[1] + font.getbbox(text)[3], text))
        return write(self, xy, text, *args, font=font, **kwargs)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", noting)
    words = "a very long word" * 9
    shares = {f"{index} {words}"[: 8 + 3 * index]: 1 / labels for index in range(labels)}
    report = {
        "emotion": "joy",
        "confidence": 0.5,
        "probabilities": shares,
        "rationale": f"{words} " * 20,
        "answer": f"{words} " * 9,
        "trained_on": words,
    }
    sheet = Sheet(Image.new("RGB", (50, 50), "red"), words * 9)
    sheet.answer(report, f"{words} " * 9)
    for count in (4, 2, 0, 2, 1):
        sheet.add(Panel("Objects", words, [Map(words, np.eye(8), over_image=False)] * count))
    drawn = sheet.finish()
    for left, _top, right, bottom, text in boxes:
        assert left >= MARGIN / 2 and right <= WIDTH - MARGIN + 1 and bottom <= drawn.height - 2, text
    for one, other in itertools.combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one, other)
