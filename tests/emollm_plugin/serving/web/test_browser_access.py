"""The page in a real browser, for everybody: names, language, focus, light and dark colours. At night only.

`AXE` names axe-core's axe.min.js (npm install axe-core), which also measures contrasts; without it that test is skipped.
"""

import os
import time
from pathlib import Path

import pytest

from .browsing import PHONE, answer, click, picture, tabs, until

pytestmark = [pytest.mark.host, pytest.mark.nightly]
# What a browser's own accessibility tree calls what people use.
USED = {"button", "textbox", "radio", "checkbox", "combobox", "slider", "link"}
# Gradio's own field for uploads is named in other words than it shows; it cannot be named from here.
GRADIO = {"label-content-name-mismatch": ".upload-container"}


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


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_its_words_are_english_and_it_says_so(browse, language):
    browser = browse(language=language)
    root = "return [document.documentElement.lang, getComputedStyle(document.documentElement).direction]"
    until(lambda: browser.execute_script(root) == ["en", "ltr"])
    time.sleep(2)  # Gradio may name another later on
    assert browser.execute_script(root) == ["en", "ltr"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_the_focus_is_seen(browse, scheme):
    browser = browse(scheme=scheme)
    style = "const style = getComputedStyle(arguments[0]); return [style.outlineStyle, parseFloat(style.outlineWidth)]"
    seen = {}
    for one in tabs(browser):
        name = one.accessible_name
        seen[name] = browser.execute_script(style, one)
    assert {"Emotion", "Voice", "Ask", "Click to upload or drop files"} <= {*seen} and len(seen) > 15
    assert {tuple(found) for found in seen.values()} == {("solid", 3)}


def test_colours_are_those_that_the_visitor_chose(browse):
    shades = {}
    for scheme in ("light", "dark"):
        browser = browse(PHONE, scheme=scheme)
        colours = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
        shades[scheme] = [brightness(colour) for colour in browser.execute_script(colours)]
    assert shades["light"][0] > 230 > 80 > shades["light"][1]
    assert shades["dark"][0] < 40 < 200 < shades["dark"][1]


def brightness(colour):
    red, green, blue = (float(each) for each in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return 0.3 * red + 0.6 * green + 0.1 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.skipif("AXE" not in os.environ, reason="AXE names no axe.min.js")
def test_axe_finds_no_fault(browse, scheme):
    browser = browse(scheme=scheme)
    faults(browser, before="asked")
    click(browser, "Sarcasm")
    until(lambda: picture(browser))
    answer(browser)
    faults(browser, before="answered")


def faults(browser, before):
    until(lambda: not browser.find_elements("css selector", ".loading"))
    browser.execute_script(Path(os.environ["AXE"]).read_text())
    script = "const done = arguments[0]; axe.run().then(found => done(found.violations))"
    found = [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in browser.execute_async_script(script)
        for node in rule["nodes"]
        if GRADIO.get(rule["id"]) not in node["target"]
    ]
    assert not found, before
