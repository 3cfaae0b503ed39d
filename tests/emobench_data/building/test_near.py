"""Nearly the same pictures are found across splits, other pictures are not."""

from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from emobench_data.building.near import FLAT, NEAR, SIDE, near_duplicates
from emobench_data.media.check import MediaFile, media_cache

from ..make import record


def scene(seed, size=(160, 120)):
    """A picture with shapes of its own."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def marked(picture):
    """With a faint mark in a corner, as agencies put on theirs."""
    picture, corner = picture.copy(), (4, 4, 28, 12)
    part = picture.crop(corner)
    picture.paste(Image.blend(part, Image.new("RGB", part.size, "white"), 0.25), corner)
    return picture


@pytest.fixture
def find(tmp_path):
    """Save pictures by `split/name` and return what is near to what, by those names."""

    def near(words=MappingProxyType({}), **splits):
        records, media = [], {}
        for split, pictures in splits.items():
            for name, picture in pictures.items():
                path = f"{split}/{name}.png"
                (tmp_path / split).mkdir(exist_ok=True)
                picture.save(tmp_path / path)
                media[path] = MediaFile(tmp_path, path, "image")
                records.append(record(item=path, media=path, split=split, text=words.get(name, "")))
        with media_cache(tmp_path / "cache") as cache:
            found = near_duplicates(records, media, cache)
        return {one[0][:-4]: other[0][:-4] for one, other in found.items()}

    return near


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.resize((80, 60)),
        lambda one: ImageEnhance.Brightness(one).enhance(1.25),
        marked,
        lambda one: ImageEnhance.Contrast(one).enhance(0.7),
        lambda one: one.convert("L"),
        lambda one: one.crop((2, 1, 158, 119)),
    ],
)
def test_what_people_do_to_a_picture(find, change):
    train = {str(seed): scene(seed) for seed in range(30)}
    assert find(train=train, test={"again": change(scene(7))}) == {"train/7": "test/again"}


def test_other_pictures_are_not_near(find):
    assert find(train={str(n): scene(n) for n in range(60)}, test={str(n): scene(n + 100) for n in range(60)}) == {}


def test_a_picture_without_structure_is_like_no_other(find):
    grey = {str(n): Image.new("RGB", (64, 48), (n, n, n)) for n in range(0, 250, 50)}
    assert find(train=grey, test=grey) == {} and FLAT > 0


def test_of_several_the_nearest_is_named_and_val_that_leaves_takes_nothing_with_it(find):
    one = scene(1)
    assert find(train={"a": one}, test={"far": marked(one), "same": one}) == {"train/a": "test/same"}
    found = find(train={"a": one}, val={"v": one}, test={"t": one})
    assert found == {"val/v": "test/t", "train/a": "test/t"}
    assert find(train={"a": one}, val={"v": one}) == {"train/a": "val/v"}


def test_a_meme_is_another_one_with_other_words(find):
    """One picture carries many jokes; the same words on it are the same joke."""
    picture, again = scene(3), marked(scene(3))
    words = {"joke": 'Meme text: "so"', "same": 'Meme text: "So!"', "other": 'Meme text: "no"'}
    assert find(words, train={"joke": picture}, test={"same": again, "other": picture}) == {"train/joke": "test/same"}
    assert find(words, train={"joke": picture}, test={"other": picture, "none": picture}) == {}


def test_hashes_are_kept_for_the_next_run(find, monkeypatch):
    pictures = {"train": {"a": scene(1)}, "test": {"b": scene(1)}}
    first = find(**pictures)
    monkeypatch.setattr("emobench_data.building.near.read_picture", lambda path: pytest.fail("opened again"))
    monkeypatch.setattr(Image.Image, "save", lambda *_: None)
    assert find(**pictures) == first != {}


@pytest.mark.slow
def test_real_faces(shared_data, tmp_path):
    """All that correlate above 0.98 at 16x16, counted here in another way, are among what the hash finds."""
    root = shared_data / "fer2013"
    records, media, small = [], {}, {"train": {}, "val": {}}
    for split, folder in (("train", "train"), ("val", "validation")):
        for word in ("disgust", "surprise"):
            for path in sorted((root / folder / word).glob("*.jpg")):
                name = path.relative_to(root).as_posix()
                media[name] = MediaFile(root, name, "image")
                records.append(record(item=name, media=name, split=split))
                grey = np.asarray(Image.open(path).convert("L").resize((16, 16), Image.Resampling.BOX), float).ravel()
                small[split][name] = (grey - grey.mean()) / np.linalg.norm(grey - grey.mean())
    with media_cache(tmp_path / "cache") as cache:
        found = near_duplicates(records, media, cache)
    alike = np.stack(list(small["train"].values())) @ np.stack(list(small["val"].values())).T
    same = {list(small["train"])[row] for row in np.flatnonzero(alike.max(1) > 0.98)}
    near = {name for name, _ in found}
    assert len(same) > 10 and same <= near
    each = {name: alike[list(small["train"]).index(name)].max() for name in near}
    assert min(each.values()) > 0.9 and len(near) < 4 * len(same) and NEAR < SIDE * SIDE / 4
