"""Training, evaluation and the host's own scripts see the same picture, as people see it."""

import json
import sys
from types import SimpleNamespace

import PIL.Image
import pytest
import torch

from emobench_data import InputError
from emobench_data.media.examine import open_picture
from emollm_plugin.compat.pictures import AsSeen
from emollm_plugin.evaluation.eyes import Eyes

from ...emobench_data.odd_media import CLEAR, GREY, PICTURES, REFUSED, upright

pytestmark = pytest.mark.host

ALL = {**PICTURES, **CLEAR, **GREY}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    for name, write in ALL.items():
        write(folder / name)
    upright().save(folder / "upright.png")
    return folder


@pytest.fixture(scope="module")
def processor(tiny):
    from transformers import CLIPImageProcessor

    return CLIPImageProcessor.from_pretrained(tiny.clip)


@pytest.fixture(scope="module")
def trained(folder, tiny, processor, tmp_path_factory):
    """Name -> the pixels that the host's data set gives to training."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host

    names = [*ALL, "upright.png"]
    turns = [{"from": "human", "value": "<image>\nWhich emotion?"}, {"from": "gpt", "value": "joy"}]
    file = tmp_path_factory.mktemp("data") / "train.json"
    file.write_text(json.dumps([{"id": name, "image": name, "conversations": turns} for name in names]))
    before = host.conversation_lib.default_conversation
    host.conversation_lib.default_conversation = host.conversation_lib.conv_templates["emoprompt_chatml"]
    arguments = host.DataArguments(data_path=str(file), image_folder=str(folder), image_aspect_ratio="pad")
    arguments.is_multimodal, arguments.mm_use_im_start_end, arguments.image_processor = True, False, processor
    dataset = host.LazySupervisedDataset(str(file), tiny.tokenizer, arguments)
    pixels = {name: dataset[index]["image"] for index, name in enumerate(names)}
    host.conversation_lib.default_conversation = before
    return pixels


@pytest.fixture(scope="module")
def scripted(folder, tiny, processor):
    """Name -> the pixels and the size that LLaVA's evaluation script gives to the model."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.eval import model_vqa_loader

    config = SimpleNamespace(image_aspect_ratio="pad", mm_use_im_start_end=False)
    model_vqa_loader.args = SimpleNamespace(conv_mode="emoprompt_chatml")
    names = [*ALL, "upright.png"]
    questions = [{"image": name, "text": "Which emotion?"} for name in names]
    dataset = model_vqa_loader.CustomDataset(questions, str(folder), tiny.tokenizer, processor, config)
    return {name: dataset[index][1:] for index, name in enumerate(names)}


@pytest.mark.parametrize("name", ALL)
def test_training_evaluation_and_the_hosts_script_see_the_same_picture(trained, scripted, folder, processor, name):
    eyes = Eyes(processor, SimpleNamespace(image_aspect_ratio="pad"))
    seen = eyes.picture(open_picture(folder / name, folder))
    pixels, size = scripted[name]
    assert torch.equal(trained[name], seen.pixels) and torch.equal(trained[name], pixels)
    assert size == seen.size == (40, 24)
    if name in PICTURES:
        assert (trained[name] - trained["upright.png"]).abs().mean() < 0.15, "upright"
    if name.startswith("turned") and name.endswith(("png", "tif")):
        assert torch.equal(trained[name], trained["upright.png"])


def test_pictures_that_others_opened_are_turned_too(processor, folder):
    """As lmms-eval gives them."""
    eyes = Eyes(processor, SimpleNamespace(image_aspect_ratio="pad"))
    with PIL.Image.open(folder / "turned6.png") as opened:
        assert torch.equal(eyes.picture(opened).pixels, eyes.picture(open_picture(folder / "turned6.png", folder)).pixels)


@pytest.mark.parametrize("name", ["moving.gif", "still.gif"])
def test_the_kind_of_a_medium_is_decided_once(folder, processor, name, trained):
    """A record that calls it an image trains on its first frame; where none says what it is, its content does."""
    eyes = Eyes(processor, SimpleNamespace(image_aspect_ratio="pad"))
    seen = eyes.open(folder / name)
    assert seen.medium == ("video" if name == "moving.gif" else "image")
    if name == "still.gif":
        assert torch.equal(seen.pixels, trained[name])


PROGRAM = """
from io import BytesIO
import sys
import PIL.Image
from PIL import Image

picture = Image.open(sys.argv[1]).convert("RGB")
other = PIL.Image.open(BytesIO(open(sys.argv[1], "rb").read()))
assert isinstance(picture, Image.Image) and picture.tobytes() == other.tobytes()
print(picture.size, picture.getpixel((0, 0)), Image.Resampling.BICUBIC.name)
"""


def test_a_script_of_the_host_that_is_run_as_a_program_sees_it_too(folder, tmp_path, monkeypatch, capsys):
    from emollm_plugin.host import launch as host

    (tmp_path / "llava_like_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.argv", ["llava_like_program", str(folder / "turned6.png")])
    host.run("llava_like_program")
    assert capsys.readouterr().out == "(40, 24) (250, 220, 60) BICUBIC\n"
    assert not isinstance(PIL.Image, AsSeen), "as it was"


def test_what_is_no_picture_is_named_in_the_hosts_training_too(tmp_path):
    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host

    write, _said = REFUSED["page.jpg"]
    write(tmp_path / "page.jpg")
    with pytest.raises(ValueError, match="page.jpg: a web page"):
        host.Image.open(str(tmp_path / "page.jpg"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("photo.heic", "photo.heic: HEIC, which is not read here; pip install pillow-heif, or save it as JPEG"),
        ("wide.png", "wide.png: 20000 x 2 pixels, too large: a side of at most 16,384 is read; make it smaller"),
        ("page.jpg", r"page.jpg: a web page \(HTML\), not a picture; give another file"),
        ("https://example.org/a.png", "a.png: a web address; download it and name the file"),
        ("folder", "folder: a folder without pictures, where the frames of a clip are wanted; give another file"),
    ],
)
def test_what_cannot_be_asked_about_is_said_with_its_own_way_out(tmp_path, monkeypatch, name, said):
    from emollm_plugin.serving.ask import refuse_faulty

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    if name in REFUSED:
        REFUSED[name][0](tmp_path / name)
    with pytest.raises(InputError, match=f"{said}$"):
        refuse_faulty(tmp_path / name)
