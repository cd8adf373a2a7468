"""A real Chromium with the network cut, and every bundled town's map saved once."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from builders import DESK

from walkcircle.views.map import draw_map

#: Names under which a system has Chromium.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]


def find_chromium() -> str:
    """Return the browser's path, or fail with the cure: a map that no browser opened is not tested."""
    told = os.environ.get("WALKCIRCLE_CHROMIUM")
    found = told or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found or not Path(found).exists():
        pytest.fail(
            f"no Chromium ({told or 'none on the PATH'}): run python3 bootstrap.py test, which finds or installs one, "
            "or set WALKCIRCLE_CHROMIUM to its path"
        )
    return found


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Return where the browser is."""
    return Path(find_chromium())


@pytest.fixture(scope="session")
def chromium(chromium_path):
    """Start the browser once."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def saved(analyses, tmp_path_factory):
    """Return the saved map of every bundled town, by name."""
    folder = tmp_path_factory.mktemp("maps")
    paths = {}
    for name, answer in analyses.items():
        paths[name] = folder / f"{name}.html"
        draw_map(answer, language="en").save(paths[name])
    return paths


class Visit:
    """A page opened from its file without a network, and all that it said and asked for meanwhile."""

    def __init__(self, page, path: Path) -> None:
        """Open `path` and wait until the map is there."""
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("#map[data-ready]")

    def switch(self, layer: str) -> None:
        """Switch a layer by its real checkbox."""
        self.page.evaluate(f"document.querySelector('#switches input[name={layer}]').click()")

    def picture(self) -> bytes:
        """Return the pixels of the map."""
        self.page.wait_for_timeout(60)
        return self.page.locator("#map").screenshot()

    def fingerprint(self) -> object:
        """Return a number for each canvas of the map that changes with any of its pixels."""
        return self.page.evaluate(
            "[...document.querySelectorAll('#map canvas.sheet')].map((canvas) => {"
            "const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');"
            "copy.drawImage(canvas, 0, 0); const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);"
            "let sum = 7; for (const pixel of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + pixel) | 0;"
            "return sum; })"
        )

    def app(self, expression: str) -> object:
        """Evaluate an expression in which `app` is the page's state."""
        return self.page.evaluate(
            f"(() => {{ const app = document.getElementById('map').walkcircle; {expression} }})()"
        )


@pytest.fixture
def visit(chromium):
    """Return a function that opens a map offline; contexts are closed after the test."""
    contexts = []

    def open_map(path: Path, *, size=DESK, scheme="light") -> Visit:
        context = chromium.new_context(viewport=size, offline=True, color_scheme=scheme)
        contexts.append(context)
        context.route(re.compile(r"^(?!file:)"), lambda route: route.abort())
        return Visit(context.new_page(), path)

    yield open_map
    for context in contexts:
        context.close()
