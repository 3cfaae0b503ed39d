"""What the package and its rooms hand out; three lines that answer a picture."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest
from PIL import Image

import emollm_plugin
from emobench_data import InputError

from .conftest import make_clip_file
from .saved import *  # noqa: F403

ROOMS = sorted(room.name for room in iter_modules(emollm_plugin.__path__) if room.ispkg)


@pytest.mark.parametrize("place", ["emollm_plugin", *(f"emollm_plugin.{room}" for room in ROOMS)])
def test_all_that_is_handed_out_is_there(place):
    module = import_module(place)
    assert module.__doc__ and module.__all__
    for name in module.__all__:
        # What a room hands out is no module of its own by the same name.
        assert not isinstance(getattr(module, name), ModuleType) and getattr(module, name) is not None


def test_names_are_registered_once():
    emollm_plugin.register_projector("test_public_one", print)
    emollm_plugin.register_tower("test_public_one", print)
    for register in (emollm_plugin.register_projector, emollm_plugin.register_tower):
        with pytest.raises(InputError, match="'test_public_one' is already registered"):
            register("test_public_one", len)


@pytest.mark.host
def test_three_lines_answer_a_picture(checkpoint, tmp_path):
    picture, question = tmp_path / "photo.jpg", "Which emotion does this image show?"
    Image.new("RGB", (40, 30), (250, 220, 60)).save(picture)
    model = emollm_plugin.load(checkpoint, device="cpu")
    said = model.ask(picture, question)
    assert said and said == model.ask(Image.open(picture), question)
    assert said == model.predictor.answer([picture], [question], max_new_tokens=192)[0]
    report = model.emotion(picture, labels=["joy", "fear"])
    assert report["emotion"] in ("joy", "fear") and sum(report["probabilities"].values()) == pytest.approx(1)
    assert report == model.emotion(str(picture), labels=["joy", "fear"])
    with pytest.raises(InputError, match=r"none\.jpg: .*"):
        model.ask(tmp_path / "none.jpg", question)


@pytest.mark.host
def test_a_clip_is_asked_about_in_the_same_way(clip_checkpoint, tmp_path):
    model = emollm_plugin.load(clip_checkpoint, device="cpu")
    assert isinstance(model.ask(make_clip_file(tmp_path / "clip.mp4"), "What happens?"), str)
