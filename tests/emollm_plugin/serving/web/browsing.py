"""The page in a real browser without a screen: how its tests open it, act on it and read it."""

import shutil
import time

import pytest

LONGEST = 240  # seconds that one step may take
PHONE, DESK = (390, 844), (1280, 900)
FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SEEN = "What the model sees or hears"


@pytest.fixture(scope="session")
def address(needs_gradio, hearing_checkpoint, tmp_path_factory):
    """A running page of `Known`, which hears and has by its word learned all six sub-tasks."""
    from emollm_plugin.serving.web.running import start

    from .known import LEARNED, Known

    predictor = Known.load(hearing_checkpoint, device="cpu")
    predictor.model.config.emollm_training = LEARNED
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page, found = start(predictor, "llava-tiny", None, "127.0.0.1", None)
        yield found.rstrip("/")
        page.close()


@pytest.fixture
def browse(address):
    """A function: a browser of a width, with light or dark colours and a language, on the page.

    Without Selenium its tests are skipped; where it is installed, Chromium and its driver must be too.
    """
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs the extra `browser`")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "no chromium and chromedriver on this machine"
    opened = []

    def build(size=DESK, *, scheme="light", language="en"):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        for flag in (*FLAGS, *CAMERA):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        opened.append(browser)
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        colours = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": colours})
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


def first(browser, selector, test, name):
    """The first element of `selector` for which `test` of `one` and `name`, JavaScript's, holds, or None.

    It is found in one go, as the page may draw its parts anew between two questions.
    """
    script = f"const name = arguments[1]; return [...document.querySelectorAll(arguments[0])].find(one => {test}) || null"
    return browser.execute_script(script, selector, name)


def button(browser, name):
    """The button of this text or name, or None."""
    return first(browser, "button", "[one.innerText.trim(), one.ariaLabel].includes(name)", name)


def click(browser, name):
    """On a button, wherever the page is scrolled to."""
    browser.execute_script("arguments[0].click()", until(lambda: button(browser, name)))


def upload(browser, path, label="Picture or clip"):
    test = "one.closest('.block').querySelector('[data-testid=block-label]')?.innerText.trim() == name"
    until(lambda: first(browser, "input[type=file]", test, label)).send_keys(str(path))


def clear(browser):
    """Take the upload away again."""
    browser.find_element("css selector", "button[aria-label='Clear'], button[aria-label^='Remove']").click()


def said(browser, role):
    """The text of what a screen reader says at once, or nothing."""
    script = "return [...document.querySelectorAll(`p[role=${arguments[0]}]`)].map(one => one.innerText).join(' ')"
    return browser.execute_script(script, role)


def picture(browser):
    """The address of what the model sees, as the page shows it, or None."""
    return browser.execute_script("return document.querySelector(`img[alt='${arguments[0]}']`)?.src", SEEN)


def answer(browser):
    """Press Ask, and give what is answered."""
    click(browser, "Ask")
    return until(lambda: said(browser, "status"))


def shares(browser):
    """Label -> its probability, as the page writes them."""
    rows = "[...document.querySelectorAll('#answer [data-testid$=confidence-set]')]"
    found = browser.execute_script(f"return {rows}.map(one => one.innerText.split('\\n'))")
    return {words[0]: words[-1] for words in found}


def field(browser, label):
    """The field of text whose label begins so."""
    return first(browser, "textarea", "one.closest('label').innerText.trim().startsWith(name)", label)


def text(browser, label):
    """What stands in it."""
    return field(browser, label).get_attribute("value")


def toast(browser):
    """What Gradio itself says for some seconds, over the page."""
    return browser.execute_script("return [...document.querySelectorAll('.toast-body')].map(one => one.innerText).join(' ')")


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def tabs(browser):
    """Press Tab again and again; each time what has the focus, until that is the page's end."""
    from selenium.webdriver.common.keys import Keys

    for _ in range(80):
        press(browser, Keys.TAB)
        if (found := browser.switch_to.active_element).tag_name == "body":
            return
        yield found
