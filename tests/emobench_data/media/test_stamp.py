"""A change of a medium is noticed, though nothing of it is read."""

import os

import pytest

from emobench_data.media.check import signature
from emobench_data.media.stamp import stamp


@pytest.fixture
def root(tmp_path):
    for name, content in (("a.jpg", b"one"), ("b.jpg", b"two"), ("clip/1.jpg", b"1"), ("clip/2.jpg", b"2")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(10**18, 10**18))
    return tmp_path


NAMES = ("a.jpg", "b.jpg", "clip", "gone.jpg")


def swap(root):
    """Two files of one size and time change places, so that only a name goes with another content."""
    (root / "clip/1.jpg").rename(root / "clip/3.jpg")


CHANGES = {
    "another content of the same size": lambda root: (root / "a.jpg").write_bytes(b"ONE"),
    "another size at the same time": lambda root: (
        (root / "a.jpg").write_bytes(b"longer"),
        os.utime(root / "a.jpg", ns=(10**18, 10**18)),
    ),
    "one that was missing": lambda root: (root / "gone.jpg").write_bytes(b"here"),
    "one that is gone": lambda root: (root / "b.jpg").unlink(),
    "a frame of a folder": lambda root: (root / "clip/2.jpg").write_bytes(b"3"),
    "another name within a folder": swap,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_gives_another_signature(root, change):
    before = signature(NAMES, root)
    assert signature(reversed(NAMES), root) == signature([*NAMES, "a.jpg"], root) == before
    CHANGES[change](root)
    assert signature(NAMES, root) != before


def test_names_count_as_they_are_given(root):
    moved = root.parent / f"{root.name}-moved"
    before, absolute = signature(NAMES, root), signature(root / name for name in NAMES)
    root.rename(moved)
    assert signature(NAMES, moved) == before and signature(moved / name for name in NAMES) != absolute
    assert signature(["a.jpg"], moved) != signature(["b.jpg"], moved)


def test_a_stamp_of_what_cannot_be(tmp_path):
    assert stamp(tmp_path / "gone") is None and stamp(tmp_path / ("x" * 300)) is None and stamp(tmp_path / "\0") is None
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert stamp(tmp_path / "circle") is None
