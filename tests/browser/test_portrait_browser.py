"""Portraits and overviews in a real Chromium with the network cut: on a phone, on paper, and from the map."""

from __future__ import annotations

import re

import pytest
from builders import DESK, PHONE

from walkcircle.tables import Checkup
from walkcircle.views.files import write_outputs

#: A4 in the browser's pixels, 96 to the inch, without the margins of the page.
PAPER = {"width": round((210 - 24) / 25.4 * 96), "height": round((297 - 22) / 25.4 * 96)}


@pytest.fixture(scope="session")
def runs(analyses, tmp_path_factory):
    """Return the folder of a whole run of every bundled town, by name."""
    folder = tmp_path_factory.mktemp("runs")
    for name, answer in analyses.items():
        write_outputs(answer, folder / name)
    return {name: folder / name for name in analyses}


@pytest.fixture
def read_page(chromium):
    """Return a function that opens a page offline and lists what it said and asked for."""
    contexts = {}

    def open_page(path, size, scheme="light"):
        window = (*size.values(), scheme)
        if window not in contexts:
            contexts[window] = chromium.new_context(viewport=size, offline=True, color_scheme=scheme)
            contexts[window].route(re.compile(r"^(?!file:)"), lambda route: route.abort())
        page = contexts[window].new_page()
        heard = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(path.as_uri())
        assert heard == [path.as_uri()]
        return page

    yield open_page
    for context in contexts.values():
        context.close()


def pages_of(folder):
    return [folder / "overview.html", *sorted((folder / "communities").iterdir())]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_opens_without_complaint_and_is_not_wider_than_the_screen(town, runs, read_page, size):
    """Nothing is asked for but the file; no line of text leaves the screen to the right."""
    for path in pages_of(runs[town])[:4]:
        page = read_page(path, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_portrait_prints_on_two_pages_and_all_of_it(town, runs, read_page):
    """On paper nothing is cut off at the side, links are left out, and two pages of A4 are enough."""
    for path in pages_of(runs[town])[1:3]:
        page = read_page(path, PAPER)
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
        assert not page.locator("nav").is_visible()
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2


def test_dark_paper_keeps_text_legible(runs, read_page):
    """In the dark the text is light on a dark page."""
    page = read_page(runs["town"] / "communities" / "S05.html", DESK, scheme="dark")
    light = page.evaluate(
        "['color', 'backgroundColor'].map((role) => getComputedStyle(document.body)[role].match(/\\d+/g)"
        ".slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765)"
    )
    assert light[0] - light[1] > 0.5


def test_the_map_leads_to_the_overview_and_to_each_portrait(town, runs, visit, analyses):
    """The panel links to the overview; the card of a chosen community to its own page and back."""
    seen = visit(runs[town] / "index.html")
    page, checkup = seen.page, analyses[town].checkup
    name = str(checkup[Checkup.name].iloc[1])
    assert page.locator("#pages a").is_visible()
    seen.app("app.change({ at: { type: 'community', i: 1 } });")
    page.locator("#card a.portrait").click()
    page.wait_for_url("**/communities/*.html")
    assert page.locator("h1").inner_text() == name
    page.locator("nav a").nth(1).click()
    page.wait_for_url("**/overview.html")
    page.locator("#ranking a", has_text=name).first.click()
    page.wait_for_url("**/communities/*.html")
    page.locator("nav a").first.click()
    page.wait_for_url("**/index.html")


def test_a_map_on_its_own_links_to_no_pages(town, saved, visit):
    """What is saved without its pages does not lead to them."""
    seen = visit(saved[town])
    assert not seen.page.locator("#pages").is_visible()
    seen.app("app.change({ at: { type: 'community', i: 0 } });")
    assert seen.page.locator("#card").is_visible()
    assert seen.page.locator("#card a.portrait").count() == 0
