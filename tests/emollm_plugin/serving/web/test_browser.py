"""The page in a real browser, used as people use it: examples, uploads of every kind, two users at once, keyboard, webcam.

Minutes of a browser, so at night only: pytest -m nightly. It needs the extra `browser`, Chromium and its driver.
"""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from emobench_data.mini.voices import as_wav, speak
from emobench_data.schema.tasks import GUIDED, STEPS
from emobench_data.scoring.gold import task_title
from emollm_plugin.serving.sub_task import ANSWER_ALONE
from emollm_plugin.serving.web.answers import EMOTION
from emollm_plugin.serving.web.page import choices
from tests.emollm_plugin.conftest import make_clip_file

from .browsing import PHONE, answer, click, field, first, picture, press, said, shares, tabs, text, until, upload
from .known import FORMS, LABELS, LEARNED, Known

pytestmark = [pytest.mark.host, pytest.mark.nightly]
QUESTION = "A question of your own"


@pytest.fixture
def files(tmp_path):
    """Pictures, a clip and a voice: name -> path."""
    for colour in ("red", "blue"):
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{colour}.png")
    make_clip_file(tmp_path / "clip.mp4")
    (tmp_path / "voice.wav").write_bytes(as_wav(speak("anger", "a")))
    return {path.stem: path for path in tmp_path.iterdir()}


def test_on_a_phone_by_keyboard_alone_an_example_is_answered(browse):
    from selenium.webdriver.common.keys import Keys

    browser = browse(PHONE)
    for name in ("Sarcasm", "Ask"):
        assert any(one.text.strip() == name for one in tabs(browser)), f"no way to {name!r} by keyboard"
        press(browser, Keys.ENTER)
        until(lambda: picture(browser))
    assert until(lambda: said(browser, "status")).startswith("Sarcasm: ")
    assert browser.execute_script("return document.getElementById('said').getBoundingClientRect().bottom") < PHONE[1]
    until(lambda: browser.execute_script("return document.querySelector('img[alt^=\"Maps of\"]')"))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]


def test_every_example_is_answered(browse):
    browser = browse()
    examples = choices(SimpleNamespace(emollm_training=LEARNED)) | {"Voice": EMOTION}
    assert browser.execute_script("return document.querySelectorAll('#examples button').length") == len(examples)
    for name, choice in examples.items():
        before = picture(browser)
        click(browser, name)
        until(lambda before=before: picture(browser) not in (None, before) and not said(browser, "status"))
        task = "emo_c" if choice == EMOTION else choice
        title = "Answer" if choice == EMOTION else task_title(task)
        labels = LABELS.get(task, ["Yes", "No"])
        found = answer(browser)
        assert found in [f"{title}: {label}, 75 %" for label in labels] and not said(browser, "alert")
        assert {*shares(browser)} == {*labels} and sorted(shares(browser).values()) == ["25%", "75%"]
        begins = {GUIDED: "It is given ", STEPS: "Picture: It is given "}
        assert text(browser, "Steps, or reasons").startswith(begins.get(FORMS[task], ANSWER_ALONE))
        assert not field(browser, "Answer to your question").is_displayed()  # there is none


@pytest.mark.parametrize(
    ("names", "found", "words"),
    [
        (("red",), "joy", "something red"),
        (("clip",), "fear", "something not red"),
        (("voice",), "fear", "a voice"),
        (("voice", "red"), "joy", "something red and a voice"),
    ],
)
def test_an_upload_is_answered_with_probabilities_and_reasons(browse, files, names, found, words):
    browser = browse()
    for name in names:
        before, label = picture(browser), "Voice" if name == "voice" else "Picture or clip"
        if name == "voice":
            click(browser, "Upload file")
        upload(browser, files[name], label)
        until(lambda before=before: picture(browser) not in (None, before))
    field(browser, QUESTION).send_keys("What is it?")
    assert answer(browser) == f"Answer: {found}, 75 %"
    assert shares(browser) == {found: "75%", "joy" if found == "fear" else "fear": "25%"}
    assert text(browser, "Steps, or reasons") == text(browser, "Answer to your question") == f"It is given {words}"


def test_two_at_once_get_each_the_right_answer(browse, files, monkeypatch):
    monkeypatch.setattr(Known, "pause", 3.0)  # so that one waits while the other is answered
    users = {"red": ("joy", "something red"), "blue": ("fear", "something not red")}
    browsers = {colour: browse() for colour in users}
    for colour, browser in browsers.items():
        upload(browser, files[colour])
        field(browser, QUESTION).send_keys("What is it?")
    for browser in browsers.values():
        until(lambda browser=browser: picture(browser))
    for browser in browsers.values():
        click(browser, "Ask")
    for colour, browser in browsers.items():
        label, words = users[colour]
        assert until(lambda browser=browser: said(browser, "status")) == f"Answer: {label}, 75 %"
        assert shares(browser)[label] == "75%"
        assert text(browser, "Answer to your question") == f"It is given {words}"
        red, _, blue = pixel(browser)
        assert (red > 200 > 60 > blue) if colour == "red" else (blue > 200 > 60 > red)


def pixel(browser):
    """Red, green and blue of what the model sees, scaled down to one pixel."""
    script = """const image = document.querySelector('img[alt="What the model sees or hears"]');
    const pen = document.createElement('canvas');
    pen.width = pen.height = 1;
    const drawn = pen.getContext('2d');
    drawn.drawImage(image, 0, 0, 1, 1);
    return [...drawn.getImageData(0, 0, 1, 1).data].slice(0, 3);"""
    return browser.execute_script(script)


def test_the_webcam_gives_a_picture(browse):
    browser = browse()

    def named(name):
        return first(browser, "button", "(one.innerText || one.ariaLabel || '').includes(name)", name)

    for name in ("Take a picture with the webcam", "Click to Access Webcam", "capture photo"):
        until(lambda name=name: named(name))
        time.sleep(2)  # the camera begins with nothing
        named(name).click()
    until(lambda: picture(browser))
    assert not said(browser, "alert")


def test_no_way_to_files_of_the_machine(browse, address):
    browser = browse()
    script = """const done = arguments[1];
    fetch(arguments[0]).then(async got => done([got.status, await got.text()])).catch(() => done([0, '']))"""
    own = Path(__file__).resolve()
    for path in (
        "/etc/passwd",
        own,
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "http://127.0.0.1:1/a",
    ):
        for route in ("/gradio_api/file=", "/file=", "/gradio_api/stream/", "/gradio_api/file/", "/static/..", "/assets/.."):
            status, text = browser.execute_async_script(script, f"{address}{route}{path}")
            assert status in (0, 400, 403, 404) and "root:" not in text and "No way" not in text, (route, path, status)
