"""Rendering is reproducible, can be interrupted, and is done once."""

import itertools

import numpy as np
import pytest
from PIL import Image

from emobench_data import InputError
from emobench_data.media.check import MediaFile, check_all, media_cache
from emobench_data.media.video import Sampling, read_frames
from emobench_data.mini import is_rendered, render, render_mini

SMALL = {"train": 36, "test": 24, "seed": 7}


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mini")
    return folder, render_mini(folder, **SMALL)


def test_every_medium_is_there_and_decodes(rendered):
    folder, records = rendered
    with media_cache(None) as cache:
        faults, _ = check_all({m.path: MediaFile(folder, m.path, m.kind) for r in records for m in r.media}, cache)
    assert faults == {}
    assert {m.kind for r in records for m in r.media} == {"image", "video"}
    assert set(contents(folder)) == {path for r in records for path in r.paths} | {render.MANIFEST}


def test_pictures_are_of_the_encoders_size_and_not_blank(rendered):
    folder, records = rendered
    for record in records:
        if record.media[0].kind == "image":
            with Image.open(folder / record.paths[0]) as image:
                assert image.size == (224, 224) and image.mode == "RGB"
                assert np.asarray(image).std() > 10


def test_a_clip_changes_and_then_holds_its_expression(rendered):
    folder, records = rendered
    clip = next(record for record in records if record.media[0].kind == "video")
    frames = read_frames(folder / clip.paths[0], Sampling(frames=10)).pixels.astype(int)
    moves = [np.abs(b - a).mean() for a, b in itertools.pairwise(frames)]
    assert min(moves[:3]) > 3 * max(moves[4:])


def test_no_two_media_are_equal(rendered):
    folder, _ = rendered
    files = contents(folder)
    assert len(set(files.values())) == len(files)


def test_the_same_bytes_again(rendered, tmp_path):
    folder, records = rendered
    assert render_mini(tmp_path, **SMALL) == records
    assert contents(tmp_path) == contents(folder)


def test_a_finished_folder_is_not_rendered_again(rendered, monkeypatch):
    folder, records = rendered
    monkeypatch.setattr(render, "_write", fail)
    assert render_mini(folder, **SMALL) == records
    assert not is_rendered(folder, **SMALL | {"seed": 8})


def fail(*_):
    raise AssertionError("it draws again")


@pytest.mark.parametrize("harm", ["cut", "delete", "manifest", "version"])
def test_a_damaged_folder_is_rendered_again(tmp_path, harm, monkeypatch):
    few = {"train": 6, "test": 6, "seed": 0}
    render_mini(tmp_path, **few)
    before = contents(tmp_path)
    victim = next(tmp_path.glob("test/*.jpg"))
    if harm == "cut":
        victim.write_bytes(victim.read_bytes()[:500])
    elif harm == "delete":
        victim.unlink()
    elif harm == "manifest":
        (tmp_path / render.MANIFEST).write_bytes(b'{\n  "version": 1,')
    else:
        monkeypatch.setattr(render, "VERSION", render.VERSION + 1)
    assert not is_rendered(tmp_path, **few)
    render_mini(tmp_path, **few)
    assert is_rendered(tmp_path, **few)
    if harm != "version":
        assert contents(tmp_path) == before


def test_interrupted_in_the_middle(tmp_path, monkeypatch):
    few = {"train": 6, "test": 6, "seed": 0}
    write, calls = render._write, []

    def write_four(*arguments):
        calls.append(arguments)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(render, "_write", write_four)
    with pytest.raises(KeyboardInterrupt):
        render_mini(tmp_path, **few)
    assert not is_rendered(tmp_path, **few)
    monkeypatch.undo()
    render_mini(tmp_path, **few)
    assert is_rendered(tmp_path, **few)


def test_too_few_items(tmp_path):
    with pytest.raises(InputError, match="train=6 test=5"):
        render_mini(tmp_path, train=6, test=5, seed=0)


def test_equal_files_are_refused():
    with pytest.raises(InputError, match="b.jpg equals a.jpg"):
        render._check_distinct({"a.jpg": "1", "b.jpg": "1"})
