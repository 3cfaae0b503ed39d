"""Every picture is read as people see it, or refused with one line that is true."""

import os
import random
import sys
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, features

from emobench_data.io.errors import PictureFault
from emobench_data.media.examine import kind_of, media_fault, open_picture
from emobench_data.media.pictures import as_seen, check_picture, read_picture

from ..odd_media import CLEAR, GREY, GROUND, PICTURES, REFUSED, SKY, TOLERANCE, UPRIGHT, upright, write_clip


def difference(image, wanted=UPRIGHT):
    assert image.mode == "RGB" and image.size == (40, 24)
    return np.abs(np.asarray(image).astype(int) - wanted).mean()


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_seen_upright(tmp_path, name):
    PICTURES[name](tmp_path / name)
    seen = open_picture(tmp_path / name, tmp_path)
    assert difference(seen) < TOLERANCE
    assert np.array_equal(as_seen(seen), seen), "not turned twice"
    with open(tmp_path / name, "rb") as file:
        assert np.array_equal(read_picture(BytesIO(file.read())), seen)
    check_picture(tmp_path / name)


@pytest.mark.parametrize("name", CLEAR)
def test_what_is_transparent_is_white(tmp_path, name):
    CLEAR[name](tmp_path / name)
    wanted = UPRIGHT.copy()
    wanted[:12] = 255
    if "grey" in name:
        wanted[12:] = np.asarray(upright().convert("L"))[12:, :, None]
    assert difference(read_picture(tmp_path / name), wanted) < 3


@pytest.mark.parametrize("name", GREY)
def test_greys_of_8_and_16_bits_are_the_same(tmp_path, name):
    GREY[name](tmp_path / name)
    assert difference(read_picture(tmp_path / name), np.asarray(upright().convert("L").convert("RGB")).astype(int)) < 1


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read_and_one_cut_off_is_broken(tmp_path):
    upright().save(tmp_path / "a.avif", quality=95)
    assert difference(read_picture(tmp_path / "a.avif")) < TOLERANCE
    os.truncate(tmp_path / "a.avif", (tmp_path / "a.avif").stat().st_size * 2 // 3)
    with pytest.raises(PictureFault, match=r"a.avif: (broken|truncated)"):
        read_picture(tmp_path / "a.avif")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_named_for_what_it_is(tmp_path, name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    write, said = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(PictureFault) as caught:
        read_picture(tmp_path / name)
    assert said in str(caught.value) and str(tmp_path / name) in str(caught.value) and "\n" not in str(caught.value)
    fault = media_fault(tmp_path / name, "image", tmp_path)
    assert str(caught.value).removesuffix("; get the file again").endswith(f": {fault}")
    # The tool's own limit is not the file's fault.
    at_fault = ("empty.jpg", "page.jpg", "denied.png", "cut.jpg", *(["broken.avif"] if features.check("avif") else []))
    assert ("get the file again" in str(caught.value)) == (name in at_fault)


def test_heic_is_read_where_its_library_is_installed(tmp_path, monkeypatch):
    """With a stand-in for the library, which adds a format to Pillow as the true one does."""

    def register():
        Image.register_open("HEIF", lambda file, name: upright_png(file), lambda head: b"ftypheic" in head)

    def upright_png(file):
        if file.read() == heic:
            buffer = BytesIO()
            upright().save(buffer, "PNG")
            return PngImagePlugin.PngImageFile(BytesIO(buffer.getvalue()))
        raise SyntaxError

    path = tmp_path / "photo.heic"
    REFUSED["photo.heic"][0](path)
    heic = path.read_bytes()
    library = SimpleNamespace(register_heif_opener=register, __spec__=object())
    monkeypatch.setitem(sys.modules, "pillow_heif", library)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    assert difference(read_picture(path)) == 0
    os.truncate(path, 40)
    with pytest.raises(PictureFault, match="photo.heic: broken .HEIC.; get the file again"):
        read_picture(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("moving.gif", "video"),
        ("moving.png", "video"),
        ("moving.webp", "video"),
        ("still.gif", "image"),
        ("pages.tif", "image"),
        ("two.mpo", "image"),
        ("turned6.png", "image"),
        ("name.JPG", "image"),
    ],
)
def test_the_kind_of_a_picture_is_in_its_content(tmp_path, name, kind):
    PICTURES[name](tmp_path / name)
    (tmp_path / name).rename(tmp_path / "x.mp4")
    assert kind_of(tmp_path / "x.mp4") == kind


def test_the_kind_of_other_media(tmp_path):
    assert kind_of(write_clip(tmp_path / "clip.jpg")) == "video"
    (tmp_path / "frames").mkdir()
    (tmp_path / "page.mp4").write_text("<html>")
    assert kind_of(tmp_path / "frames") == "video"
    assert kind_of(tmp_path / "page.mp4") == kind_of(tmp_path / "gone.avi") == "video"
    assert kind_of(tmp_path / "gone.jpg") == kind_of(tmp_path / ("x" * 300)) == "image"


def test_a_web_address_is_named_as_one(tmp_path):
    with pytest.raises(PictureFault, match="a web address; download it and name the file"):
        open_picture(tmp_path / "https://example.org/a.png", tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["turned6.jpg", "turned6.tif", "moving.gif", "moving.webp", "palette.png"])
def test_whatever_is_in_a_file_the_check_says_what_reading_does(tmp_path, name):
    PICTURES[name](tmp_path / name)
    whole, generator = (tmp_path / name).read_bytes(), random.Random(0)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(generator.choice((1, 3, 20))):
            content[generator.randrange(len(content))] = generator.randrange(256)
        (tmp_path / name).write_bytes(content[: generator.choice((len(content), generator.randrange(len(content))))])
        faults = []
        for use in (read_picture, check_picture):
            try:
                use(tmp_path / name)
                faults.append(None)
            except PictureFault as error:
                faults.append(error.fault)
        assert faults[0] == faults[1]
        kind_of(tmp_path / name)
        media_fault(tmp_path / name, "video", tmp_path)


def test_nothing_of_pillow_is_changed(tmp_path):
    PICTURES["turned3.jpg"](tmp_path / "a.jpg")
    read_picture(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        top, bottom = image.convert("RGB").getpixel((5, 2)), image.convert("RGB").getpixel((5, 20))
    assert np.abs(np.subtract(top, GROUND)).max() < TOLERANCE and np.abs(np.subtract(bottom, SKY)).max() < TOLERANCE
