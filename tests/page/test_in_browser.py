"""Pages in headless Chromium: no request, nothing hostile runs, and what a reader does works."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browser import CHROMIUM, NO_CHROMIUM, Browser
from pages import LETTERS, random_model, written

from charlm.page.building import Head
from charlm.text.vocabulary import Vocabulary

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_CHROMIUM)

HOSTILE = ["</script><b>", "<img src=x onerror='pwned=1'>", "<script>pwned=1</script>", "\u2028", "\u202e", "{{7*7}}"]
EVIL = "</title><img src=x onerror=pwned=1><script>pwned=1</script>\u202e\u2028 {{7*7}}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return written(tmp_path_factory.mktemp("pages"), "plain", random_model(cell="lstm", hidden_size=24))


def text(browser, name):
    return browser.run(f"document.getElementById('{name}').textContent")


def sheet(browser):
    return browser.run("document.getElementById('sheet').value")


def press(browser, name):
    browser.run(f"document.getElementById('{name}').click()")


def write(browser, text, where="sheet"):
    browser.run(
        f"document.getElementById('{where}').value = {json.dumps(text)};"
        f"document.getElementById('{where}').dispatchEvent(new Event('input'))"
    )


def key(browser, name, where):
    event = f"new KeyboardEvent('keydown', {{key: '{name}', bubbles: true, cancelable: true}})"
    browser.run(f"document.getElementById('{where}').dispatchEvent({event})")


def test_a_page_makes_no_request_and_no_error(browser, page):
    browser.open(page)
    assert browser.requests() == [page.as_uri()]
    assert browser.of("Runtime.exceptionThrown") == browser.of("Log.entryAdded") == []
    assert text(browser, "engine") == "products in WebAssembly with SIMD"
    assert len(sheet(browser)) == 300


def test_without_webassembly_it_writes_the_same(browser, page):
    browser.open(page)
    expected = sheet(browser)
    browser.open(page, before="delete globalThis.WebAssembly")
    assert "plain JavaScript" in text(browser, "engine")
    assert sheet(browser) == expected


def test_names_and_symbols_that_are_html_run_nothing(browser, tmp_path):
    vocabulary = Vocabulary(tuple(sorted(HOSTILE)), "grapheme")
    model = random_model(vocabulary, cell="gru")
    head = Head(EVIL, EVIL, [("Licence", EVIL)])
    browser.open(written(tmp_path, "hostile", model, vocabulary, text={"unit": "grapheme"}, head=head))
    write(browser, EVIL, "given")
    press(browser, "score")
    browser.wait("document.getElementById('result').hidden === false")
    press(browser, "keep")
    assert "<img" in sheet(browser)
    assert browser.run("typeof pwned") == "undefined"
    assert browser.run("[document.images.length, document.scripts.length, document.querySelectorAll('b').length]") == [
        0,
        3,
        0,
    ]
    assert browser.of("Runtime.exceptionThrown") == browser.of("Log.entryAdded") == []
    everything = browser.run("document.body.innerText + document.title")
    assert "49" not in text(browser, "card")
    assert not {"\u2028", "\u202e"} & set(everything)


def test_what_is_typed_is_read_and_a_bar_adds_its_character(browser, page):
    browser.open(page)
    write(browser, "ab")
    bars = browser.run("Array.from(document.querySelectorAll('#next .symbol'), each => each.textContent)")
    assert len(bars) == 8
    assert set(bars) <= {*LETTERS.symbols, "␣", "↵"}
    browser.run("document.querySelector('#next button').click()")
    assert sheet(browser) == "ab" + bars[0].replace("␣", " ").replace("↵", "\n")
    write(browser, "abé")
    assert text(browser, "wrote") == "not known, and left out: é"


def test_a_moment_is_kept_and_restored(browser, page):
    browser.open(page)
    write(browser, "abc")
    bars = text(browser, "next")
    press(browser, "turn")  # an empty sheet, and the same memory
    assert (sheet(browser), text(browser, "next")) == ("", bars)
    write(browser, "d")
    after = text(browser, "next")
    press(browser, "keep")
    press(browser, "clear")
    write(browser, "d")
    assert text(browser, "next") != after
    browser.open(page)  # it is still there when the page is opened again
    browser.run("document.querySelector('#moments li button').click()")
    assert (sheet(browser), text(browser, "next")) == ("d", after)
    write(browser, "")
    assert text(browser, "next") == bars  # the text was taken back, the memory before it was not
    browser.run("document.querySelector('#moments li button:last-child').click()")
    assert text(browser, "moments") == ""


def test_a_file_that_is_no_moment_is_refused(browser, page):
    browser.open(page)
    for content, said in (
        ("no", "no moment"),
        ('{"what": "charlm moment 1", "text": "", "model": "x"}', "another model"),
    ):
        browser.run(
            f"(() => {{const d = new DataTransfer(); d.items.add(new File([{json.dumps(content)}], 'm.json'));"
            "const i = document.getElementById('load'); i.files = d.files; i.dispatchEvent(new Event('change'))})()"
        )
        browser.wait(f"document.getElementById('moment-said').textContent.includes('{said}')")


def test_a_text_is_coloured_and_its_memory_shown(browser, page):
    browser.open(page)
    write(browser, "ab cd\nef", "given")
    press(browser, "score")
    browser.wait("document.getElementById('scored').textContent.startsWith('7 characters')")
    assert browser.run("document.querySelectorAll('#coloured span').length") == 8
    key(browser, "Home", "coloured")
    assert "not scored" in text(browser, "here")
    key(browser, "ArrowRight", "coloured")
    assert text(browser, "here").startswith("“b”")
    key(browser, "ArrowDown", "strip")
    assert text(browser, "strip-said").startswith("Layer 2, h, unit 1:")
    browser.run(
        "(() => {const c = document.getElementById('strip'), b = c.getBoundingClientRect();"
        "c.dispatchEvent(new MouseEvent('click', {clientX: b.left + 3 * 13 + 5, clientY: b.top + 22 + 5 * 13 + 3}))})()"
    )
    assert text(browser, "here").startswith("“c”")
    assert "unit 5:" in text(browser, "strip-said")
    browser.run(
        "(() => {const v = document.getElementById('value'); v.value = 1; v.dispatchEvent(new Event('change'))})()"
    )
    browser.wait("document.getElementById('strip-said').textContent.startsWith('Layer 1')")
    press(browser, "by-unit")
    assert browser.run("document.querySelectorAll('#coloured .value').length") == 8


def test_there_is_nothing_to_scroll_sideways_on_a_phone(browser, page):
    for width in (390, 820, 1280):
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        browser.open(page)
        assert browser.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_reader_of_the_screen_is_told_what_everything_is(browser, page):
    """Every control has a name, and what is said comes through live regions."""
    browser.open(page)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "textbox", "slider", "spinbutton", "combobox"}
    controls = [each for each in nodes if each.get("role", {}).get("value") in roles and not each["ignored"]]
    assert len(controls) > 15
    assert [each for each in controls if not each.get("name", {}).get("value")] == []
