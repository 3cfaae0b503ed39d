"""Uploads that cannot be used, in a real browser: each is said, and the next good one is answered. At night only."""

import pytest
from PIL import Image

from emollm_plugin.serving.web.guard import LIMIT

from .browsing import answer, clear, picture, said, toast, until, upload

pytestmark = [pytest.mark.host, pytest.mark.nightly]


def good_one_is_answered(browser, folder):
    Image.new("RGB", (40, 20), "red").save(folder / "good.png")
    upload(browser, folder / "good.png")
    until(lambda: picture(browser))
    assert answer(browser) == "Answer: joy, 75 %" and not said(browser, "alert")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.png", b"no picture at all", "text, not a picture"),
        ("none.png", b"", "none.png: "),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00", "cut.png: "),
        ("page.jpg", b"<script>alert(1)</script>", "not a picture"),
        ("cut.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00", "cut.mp4: the clip cannot be read"),
    ],
)
def test_a_broken_upload_is_said(browse, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    browser = browse()
    upload(browser, tmp_path / name)
    fault = until(lambda: said(browser, "alert"))
    assert words in fault and str(tmp_path) not in fault and not picture(browser)
    clear(browser)
    until(lambda: not said(browser, "alert"))
    good_one_is_answered(browser, tmp_path)


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [("large.png", LIMIT + 1, "maximum allowed size of 50"), ("large.mp4", LIMIT + 1, "50"), ("a.exe", 9, "Invalid file type")],
)
def test_one_that_is_too_large_or_of_another_type_is_not_taken(browse, tmp_path, name, size, words):
    with open(tmp_path / name, "wb") as file:
        file.truncate(size)
    browser = browse()
    upload(browser, tmp_path / name)
    fault = until(lambda: toast(browser))
    assert words in fault and name in fault and not picture(browser)
    good_one_is_answered(browser, tmp_path)
