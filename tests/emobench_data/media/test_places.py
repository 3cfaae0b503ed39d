"""A medium stays in its folder; links of one's own may lead anywhere where that is said."""

import pytest

from emobench_data.io.errors import PictureFault
from emobench_data.media.places import FOLLOW_LINKS, check_place, leads_out

from ..make import write_picture

NAMES = {  # name -> whether it leads out, and whether it still does where links are followed
    "a.jpg": (False, False),
    "sub/../a.jpg": (False, False),
    ".": (False, False),
    "gone.jpg": (False, False),
    "linked/c.jpg": (True, False),
    "link.jpg": (True, False),
    "chain.jpg": (True, False),
    "broken.jpg": (True, False),
    "../d.jpg": (True, True),
    "sub/../../d.jpg": (True, True),
    "linked/../../d.jpg": (True, True),
    "a\0b": (True, True),
}


@pytest.fixture
def root(tmp_path):
    """Pictures, and links of every kind out of the folder, whose own path is a link too."""
    folder = tmp_path / "disk/root"
    write_picture(folder / "a.jpg")
    write_picture(folder / "sub/b.jpg")
    for name in ("elsewhere/c.jpg", "d.jpg", "disk/d.jpg"):
        write_picture(tmp_path / name)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "link.jpg").symlink_to("../../d.jpg")
    (folder / "chain.jpg").symlink_to("link.jpg")
    (folder / "broken.jpg").symlink_to(tmp_path / "none.jpg")
    (tmp_path / "root").symlink_to(folder)
    return tmp_path / "root"


@pytest.mark.parametrize("name", NAMES)
def test_what_leads_out_and_what_does_where_links_are_followed(root, monkeypatch, name):
    found = []
    for value in ("0", "1"):
        monkeypatch.setenv(FOLLOW_LINKS, value)
        found.append(leads_out(root / name, root.resolve()))
    assert tuple(found) == NAMES[name]


def test_an_absolute_name_leads_out_always(root, tmp_path, monkeypatch):
    for value in ("", "1"):
        monkeypatch.setenv(FOLLOW_LINKS, value)
        assert leads_out(root / str(tmp_path / "d.jpg"), root.resolve())
        assert not leads_out(root / str(root / "a.jpg"), root.resolve())


def test_the_refusal_names_the_setting_and_does_not_blame_the_file(root):
    with pytest.raises(PictureFault, match="leads out of the folder; if its links are your own, set EMOLLM_FOLLOW_LINKS=1$"):
        check_place(root / "link.jpg", root.resolve())
