"""The page in a real browser without a screen: uploads good and bad, two users at once, keyboard, a phone's width, names for
screen readers, and no way to files of the machine.

Minutes of a browser, so at night only: pytest -m nightly. It needs Chromium, its driver, Gradio and Selenium.
"""

import json
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image

pytestmark = [pytest.mark.host, pytest.mark.nightly]
LONGEST = 240  # seconds that one step may take
PHONE, DESK = (390, 844), (1280, 900)
# What a browser's own accessibility tree calls what people use.
USED = {"button", "textbox", "radio", "checkbox", "combobox", "slider", "link"}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def address(needs_gradio, checkpoint, tmp_path_factory):
    """A running page of a tiny model that notes what it has learned: nothing in truth, but all six sub-tasks by its word."""
    from emobench_data.schema.tasks import TASKS
    from emollm_plugin.evaluation.predictor import Predictor
    from emollm_plugin.serving.web.running import start

    folder = tmp_path_factory.mktemp("noted") / "llava-tiny"
    shutil.copytree(checkpoint, folder)
    config = json.loads((folder / "config.json").read_text())
    labels = {"emo_c": ["joy", "fear"], "emo_o": ["joy", "fear"], "intent": ["Greet", "Warn"]}
    learned = {"mini": {task: labels.get(task, ["Yes", "No"]) for task in TASKS}}
    config["emollm_training"] = {"data": "mini", "records": 6, "sources": {"mini": 6}, "labels": learned, "reasons": 0}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page, found = start(Predictor.load(folder, device="cpu"), "llava-tiny", None, "127.0.0.1", None)
        yield found.rstrip("/")
        page.close()


@pytest.fixture
def browse(address):
    """A function: a browser of a width, on the page."""
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no chromium and chromedriver on this machine")
    opened = []

    def build(size=DESK):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, *CAMERA):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        opened.append(browser)
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get(address)
        until(lambda: button(browser, "Ask"))
        return browser

    yield build
    for browser in opened:
        browser.quit()


def until(found):
    """What `found` gives as soon as that is something."""
    end = time.monotonic() + LONGEST
    while not (value := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.3)
    return value


def button(browser, name):
    return next((one for one in browser.find_elements("css selector", "button") if one.text.strip() == name), None)


def said(browser, role):
    """The text of what a screen reader says at once, or nothing."""
    script = "return [...document.querySelectorAll(`p[role=${arguments[0]}]`)].map(one => one.innerText).join(' ')"
    return browser.execute_script(script, role)


def upload(browser, path):
    browser.find_element("css selector", "input[type=file]").send_keys(str(path))


def picture(browser):
    """The address of what the model sees, as the page shows it, or None."""
    script = "return document.querySelector('img[alt=\"What the model sees or hears\"]')?.src"
    return browser.execute_script(script)


def pixel(browser):
    """Red, green and blue of what the model sees, scaled down to one pixel."""
    script = """const image = document.querySelector('img[alt="What the model sees or hears"]');
    const pen = document.createElement('canvas');
    pen.width = pen.height = 1;
    const drawn = pen.getContext('2d');
    drawn.drawImage(image, 0, 0, 1, 1);
    return [...drawn.getImageData(0, 0, 1, 1).data].slice(0, 3);"""
    return browser.execute_script(script)


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def go_to(browser, name):
    """Press Tab until a button of this name has the focus."""
    from selenium.webdriver.common.keys import Keys

    for _ in range(60):
        if browser.execute_script("return document.activeElement.innerText?.trim()") == name:
            return
        press(browser, Keys.TAB)
    raise AssertionError(f"no way to {name!r} by keyboard")


def test_on_a_phone_by_keyboard_alone_an_example_is_answered(browse):
    from selenium.webdriver.common.keys import Keys

    browser = browse(PHONE)
    go_to(browser, "Sarcasm")
    press(browser, Keys.ENTER)
    until(lambda: picture(browser))
    go_to(browser, "Ask")
    press(browser, Keys.ENTER)
    assert until(lambda: said(browser, "status")).startswith("Sarcasm: ")
    until(lambda: browser.execute_script("return document.querySelector('img[alt^=\"Maps of\"]')"))
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]


def test_everything_that_is_used_has_a_name(browse):
    browser = browse()

    def tree():
        return [one for one in browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"] if not one["ignored"]]

    def used():
        return [one for one in tree() if one["role"]["value"] in USED]

    until(lambda: len(used()) > 18)  # the page comes in parts
    assert not [one["role"]["value"] for one in used() if not one["name"]["value"].strip()]
    headings = [one["name"]["value"] for one in tree() if one["role"]["value"] == "heading"]
    assert headings == ["EmoLLM", "What not to use it for", "Ask", "Answer"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.png", b"no picture at all", "text, not a picture"),
        ("none.png", b"", "none.png: "),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00", "cut.png: "),
        ("page.jpg", b"<script>alert(1)</script>", "not a picture"),
    ],
)
def test_a_bad_upload_is_said_and_the_next_good_one_is_answered(browse, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    Image.new("RGB", (40, 20), "red").save(tmp_path / "good.png")
    browser = browse()
    upload(browser, tmp_path / name)
    fault = until(lambda: said(browser, "alert"))
    assert words in fault and str(tmp_path) not in fault and not picture(browser)
    browser.find_element("css selector", "button[aria-label='Clear'], button[aria-label^='Remove']").click()
    until(lambda: not said(browser, "alert"))
    upload(browser, tmp_path / "good.png")
    until(lambda: picture(browser))
    button(browser, "Ask").click()
    assert until(lambda: said(browser, "status")).startswith("Answer: ")
    assert not said(browser, "alert")


def test_two_at_once_get_each_their_own(browse, tmp_path):
    users = {}
    for colour in ("red", "blue"):
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{colour}.png")
        users[colour] = browse()
        upload(users[colour], tmp_path / f"{colour}.png")
    for browser in users.values():
        until(lambda browser=browser: picture(browser))
    for browser in users.values():
        button(browser, "Ask").click()
    for browser in users.values():
        until(lambda browser=browser: said(browser, "status"))
    red, blue = (pixel(browser) for browser in users.values())
    assert red[0] > 200 > 60 > red[2] and blue[2] > 200 > 60 > blue[0]


def test_the_webcam_gives_a_picture(browse):
    browser = browse()

    def named(text):  # in one go: the page may draw its buttons anew between two questions
        words = "(one.innerText || one.ariaLabel || '').includes(arguments[0])"
        return browser.execute_script(f"return [...document.querySelectorAll('button')].find(one => {words}) || null", text)

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
