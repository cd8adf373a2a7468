"""Every page of a town whose every text is an attack, in a real Chromium with the network cut."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import cycle, islice

import geopandas as gpd
import pytest
import shapely
from builders import (
    DESK,
    METRES,
    PHONE,
    STROLLER,
    draw_network,
    grid_paths,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)

from walkcircle.analysis import analyse
from walkcircle.candidates import find_candidates
from walkcircle.changes import compare_analyses
from walkcircle.plan import propose_plan
from walkcircle.standards import Category
from walkcircle.study import PlanSection, SitingSection
from walkcircle.tables import Candidates, Communities, Facilities, Links, Projects
from walkcircle.views.files import write_comparison, write_outputs, write_plan
from walkcircle.views.names import clean_name

#: What a name may hold: scripts, ends of everything that a page may be inside of, words of templates, letters that turn
#: the direction, controls, letters of many parts, and ten thousand letters with and without a place to break.
HOSTILE = (
    "<script>window.hurt=1</script>",
    "</script><script>window.hurt=2</script>",
    '"><img src=x onerror=window.hurt=3>',
    "' autofocus onfocus='window.hurt=4' onmouseover='window.hurt=5",
    "</style></title></svg><svg onload=window.hurt=6>",
    "]]><!--<script>window.hurt=7//-->",
    "{{ 7 * 7 }}{% raw %}${7*7}{limit} %s {0}",
    "javascript:window.hurt=8",
    "<meta http-equiv=refresh content='0;url=http://example.org/'><base href=http://example.org/>",
    "<link rel=stylesheet href=http://example.org/a.css><style>body{display:none}</style>",
    "\u202eright to left\u2066 \u200f\u05d0 \u2028 \\",
    "\x00\x07\x1b[31m\ufffe\uffff bell",
    "👩‍👩‍👧‍👦🚶🏽 Z\u0351\u036b\u0343\u036a",
    "&lt;b&gt; &amp;amp; &#x3c; =1+1",
    "长" * 10_000,
    "W" * 10_000,
    "wide and long " * 700,
)

#: So many names are moved on in each turn, and after how many all have stood everywhere where names stand in a row.
STEP = 6
TURNS = -(-len(HOSTILE) // STEP)

#: What every page is of; portraits, districts and the map are of one run.
PAGES = ("map", "overview", "district", "portrait", "changes", "plan")
#: Those that are made from templates and have no script.
PAPERS = PAGES[1:]
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
KINDS = pytest.mark.parametrize("kind", PAGES)


def text(turn: int, number: int) -> str:
    """Return an attack; in each turn another one stands at a place."""
    return HOSTILE[(STEP * turn + number) % len(HOSTILE)]


def texts(turn: int, count: int, first: int = 0) -> list[str]:
    return list(islice(cycle(HOSTILE), STEP * turn + first, STEP * turn + first + count))


def make_hostile_study(turn: int):
    walkers = (
        replace(STROLLER, zh=text(turn, 0), en=text(turn, 1)),
        replace(STROLLER, name="other", speed_kmh=3.0, zh=text(turn, 2), en=text(turn, 3)),
    )
    kinds = tuple(
        replace(
            make_kind(f"kind{i}", 2.0, category=f"part{i % 4}", norm_per_1000=3.0, norm_unit=name, min_floor_m2=50.0),
            en=name, zh=name, note=name, clause=name,
        )
        for i, name in enumerate(texts(turn, 6))
    )  # fmt: skip
    parts = tuple(Category(id=f"part{i}", zh=name, en=name) for i, name in enumerate(texts(turn, 4, 6)))
    standard = replace(
        make_standard(*kinds), categories=parts, zh=text(turn, 4), en=text(turn, 5),
        source=text(turn, 6), note=text(turn, 7),
    )  # fmt: skip
    return make_study(
        standard, walkers=walkers, minutes=(2.0,), plan=PlanSection(links=False, budget=(50.0,)),
        siting=SitingSection(currency="EUR"),
    )  # fmt: skip


def make_hostile_place(study, turn: int):
    """Make a town of as many communities as there are attacks, some of them with what they need."""
    count, network = len(HOSTILE), draw_network(grid_paths(18, 4))
    areas = make_communities({
        name[:200] + str(i): shapely.box(100 * i - 50, -50, 100 * i + 50, 350)
        for i, name in enumerate(texts(turn, count))
    }).assign(**{
        str(Communities.name): texts(turn, count),
        str(Communities.district): [text(turn, 3 + i // 6) for i in range(count)],
        str(Communities.subdistrict): texts(turn, count, 5),
    })  # fmt: skip
    facilities = make_facilities(
        [(name[:300] + str(i), f"kind{i % 6}", (170.0 * i, 100.0)) for i, name in enumerate(texts(turn, count, 2))]
    ).assign(**{str(Facilities.name): texts(turn, count), str(Facilities.source): texts(turn, count, 1)})
    homes = make_residences([(f"h{i}", 10.0 + i, (100.0 * i, 203.0)) for i in range(count)])
    sites = find_candidates(network, every_m=100).iloc[:count]
    sites = sites.assign(**{
        str(Candidates.candidate): [name[:200] + str(i) for i, name in enumerate(texts(turn, count))],
        str(Candidates.name): texts(turn, count), str(Candidates.kinds): "*", str(Candidates.source): text(turn, 8),
        str(Candidates.ownership): texts(turn, count, 4), str(Candidates.capex): 5.0, str(Candidates.floor_m2): 100.0,
        str(Candidates.community): list(areas[Communities.community]),
    })  # fmt: skip
    place = make_place(network, homes, facilities, areas, study.standard)
    return replace(
        place, candidates=sites, sources=tuple(texts(turn, 4)), notes=HOSTILE, population_source=text(turn, 9),
        data_date="2026-01-02",
    )  # fmt: skip


def make_hostile_plan(answer, turn: int):
    """Propose a plan; what it would read elsewhere is an attack as well."""
    plan = propose_plan(answer)
    projects = plan.projects.assign(**{
        str(Projects.doubt): texts(turn, len(plan.projects), 2), str(Projects.state): text(turn, 3),
    })  # fmt: skip
    links = gpd.GeoDataFrame(
        {Links.link: ["l1", "l2"], Links.link_kind: ["gate", "path"], Links.over: texts(turn, 2),
         Links.built_m: [0.0, 9.0], Links.doubt: texts(turn, 2, 4)},
        geometry=[shapely.Point(200, 0), shapely.LineString([(200, 0), (300, 50)])], crs=METRES,
    ).reindex(columns=[*map(str, Links.columns())])  # fmt: skip
    return replace(plan, projects=projects, links=links)


@dataclass(frozen=True)
class Run:
    """Everything that was written of a town, and the files of each page by what it is."""

    turn: int
    files: dict[str, list] = field(default_factory=dict)


def write_hostile_run(turn: int, folder) -> Run:
    """Write every page of a town in which nothing has a harmless name."""
    study = replace(make_hostile_study(turn), title=text(turn, 12))
    place = make_hostile_place(study, turn)
    old = analyse(place, study)
    shops = place.facilities
    moved = shops.iloc[1:].assign(**{str(Facilities.name): texts(turn, len(shops) - 1, 3)}).set_geometry(
        [shops.geometry.iloc[0], *shops.geometry.iloc[2:]]
    )  # fmt: skip
    communities = place.communities.iloc[1:].assign(**{
        str(Communities.name): texts(turn, len(place.communities) - 1, 5)
    })  # fmt: skip
    new = analyse(
        replace(place, facilities=moved.set_crs(METRES), population_source=text(turn, 10)),
        replace(study, title=text(turn, 11)),
    )
    new = replace(new, place=replace(new.place, communities=communities))
    written = write_outputs(old, folder)
    files = {
        "map": [written["map"]],
        "overview": [written["overview"]],
        "portrait": sorted(written["portraits"].glob("*.html")),
        "district": sorted((folder / "districts").glob("*.html")),
        "changes": [write_comparison(compare_analyses(old, new), folder / "changes")["page"]],
        "plan": [write_plan(make_hostile_plan(old, turn), folder / "plan")["page"]],
    }
    assert len(files["portrait"]) == len(HOSTILE)
    assert len(files["district"]) == 3
    return Run(turn, files)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Return a function that gives the run of a turn, which is written once."""
    return cache(lambda turn: write_hostile_run(turn, tmp_path_factory.mktemp("hostile")))


@pytest.fixture(params=range(TURNS), ids=[f"turn{turn}" for turn in range(TURNS)])
def run(request, runs):
    """Return the run of each turn: after the last, whatever has a name has had each of the attacks."""
    return runs(request.param)


@dataclass(frozen=True)
class Opened:
    """An open page and everything that it said, asked for or asked the reader."""

    page: object
    heard: list[str]


@pytest.fixture(scope="session")
def read_page(chromium):
    """Return a function that opens a page with the network cut and listens to it."""
    contexts = {}

    def open_page(path, size=DESK, kind="") -> Opened:
        window = tuple(size.values())
        if window not in contexts:
            contexts[window] = chromium.new_context(viewport=size, offline=True)
        page, heard = contexts[window].new_page(), []
        page.on("console", lambda message: heard.append(f"says {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"fails {error}"))

        def answer(route) -> None:
            # what the policy forbids does not come as far as this
            heard.append(f"asks for {route.request.url}")
            if route.request.url == path.as_uri():
                route.continue_()
            else:
                route.abort()

        page.route("**/*", answer)

        def refuse(dialog) -> None:
            heard.append(f"asks {dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        page.goto(path.as_uri())
        if kind == "map":
            page.wait_for_selector("#map[data-ready]", state="attached")
        return Opened(page, heard)

    yield open_page
    for context in contexts.values():
        context.close()


def choose(run, kind) -> list:
    """Choose the pages of a kind that a test opens: all but the many portraits, of which it takes a few."""
    files = run.files[kind]
    return files[run.turn :: 4] if kind == "portrait" else files


#: What of a page could run: elements that load or run, handlers, and links to code.
FOUND = """() => [
  ...[...document.querySelectorAll('script, img, iframe, object, embed, link, base, meta[http-equiv=refresh]')]
    .map((one) => one.localName),
  ...[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])
    .filter((one) => one.name.startsWith('on') || one.name === 'style' || /^\\s*javascript:/i.test(one.value)
      && one.name === 'href').map((one) => one.name),
]"""


@KINDS
@SIZES
def test_nothing_runs_nothing_is_asked_for_and_the_page_is_no_wider_than_the_screen(run, read_page, kind, size):
    """No dialog, no request but for the file, nothing in the console; long names are cut or broken."""
    for path in choose(run, kind):
        opened = read_page(path, size, kind)
        page = opened.page
        page.mouse.move(size["width"] / 2, size["height"] / 2)
        page.wait_for_timeout(30)
        assert opened.heard == [f"asks for {path.as_uri()}"]
        assert page.evaluate("window.hurt") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate("getComputedStyle(document.body).display") != "none"
        if kind != "map":
            assert page.evaluate(FOUND) == []
        page.close()


def shown_in(page, selector: str) -> list[str]:
    return page.locator(selector).evaluate_all("all => all.map((one) => one.textContent.trim())")


def test_names_are_read_letter_by_letter_where_they_belong(run, read_page):
    """Each name is on its page as it was given, but for what no page can show, and cut where it does not end."""
    names = [clean_name(name) for name in HOSTILE]
    page = read_page(run.files["overview"][0]).page
    assert page.locator("h1").evaluate("one => one.textContent") == clean_name(text(run.turn, 12))
    assert sorted(shown_in(page, "#ranking tbody th a")) == sorted(names)
    titles = sorted(shown_in(read_page(path).page, "h1")[0] for path in run.files["portrait"])
    assert titles == sorted(names)
    page = read_page(run.files["portrait"][0]).page
    kinds = [clean_name(name) for name in texts(run.turn, 6)]
    assert sorted(shown_in(page, ".kinds tbody tr:not(.category) th")) == sorted(kinds)
    told = " ".join(shown_in(page, "footer"))
    assert all(clean_name(note, longest=300) in told for note in HOSTILE)
    page = read_page(run.files["plan"][0]).page
    cells = set(shown_in(page, "td, tbody th"))
    assert {clean_name(text(run.turn, i)) for i in range(6)} <= cells
    page = read_page(run.files["changes"][0]).page
    assert page.locator("h1").evaluate("one => one.textContent") == clean_name(text(run.turn, 11))
    rows = set(shown_in(page, "main section:first-child tbody th"))
    assert rows == set(kinds)


def test_templates_do_not_fill_what_a_name_holds(run, read_page):
    """Braces in a name are braces on the page."""
    page = read_page(run.files["overview"][0]).page
    told = page.locator("body").inner_text()
    assert "{{ 7 * 7 }}{% raw %}${7*7}{limit} %s {0}" in told
    assert "49" not in [one.strip() for one in shown_in(page, "#ranking tbody th a")]


def read_policy(html: str) -> dict[str, list[str]]:
    """Read the policy of a page as a browser does: the first of its kind, its directives with their sources."""
    policies = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert len(policies) == 1
    assert html.index("Content-Security-Policy") < min(map(html.index, ("<title", "<style")))
    return {name: sources for name, *sources in (rule.split() for rule in policies[0].split(";"))}


@pytest.mark.parametrize("kind", PAPERS)
def test_the_policy_of_a_paper_allows_its_own_style_and_nothing_else(run, kind):
    """No script, no picture, no connection; the one style by its hash, also where a name would add another."""
    for path in run.files[kind]:
        html = path.read_text(encoding="utf-8")
        styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        assert len(styles) == 1
        digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
        assert read_policy(html) == {
            "default-src": ["'none'"], "script-src": ["'none'"], "style-src": [f"'sha256-{digest}'"],
            "img-src": ["'none'"], "connect-src": ["'none'"], "base-uri": ["'none'"], "form-action": ["'none'"],
        }  # fmt: skip


#: What would be there if a name were not escaped: a script, a handler, a picture from outside, a style.
SMUGGLED = (
    "<script>window.hurt=1</script><svg onload='window.hurt=2'></svg><img src='http://example.org/a.png' "
    "onerror='window.hurt=3'><style>body { display: none }</style><p id='smuggled' style='color: red'>here</p>"
)


@KINDS
def test_what_is_smuggled_into_a_page_does_not_run(runs, read_page, kind, tmp_path):
    """The policy stands where escaping fails; without it the same page does run the script."""
    path = runs(0).files[kind][0]
    html = path.read_text(encoding="utf-8")
    whole = html.replace("</body>", SMUGGLED + "</body>")
    guarded, bare = tmp_path / "guarded.html", tmp_path / "bare.html"
    guarded.write_text(whole, encoding="utf-8")
    bare.write_text(re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", whole), encoding="utf-8")
    opened = read_page(guarded, kind=kind)
    assert opened.page.locator("#smuggled").text_content() == "here"
    assert opened.page.evaluate("window.hurt") is None
    assert [word for word in opened.heard if word.startswith("asks")] == [f"asks for {guarded.as_uri()}"]
    assert sum("Content Security Policy" in word for word in opened.heard) >= 3
    if kind != "map":
        assert opened.page.evaluate("getComputedStyle(document.body).display") != "none"
    assert read_page(bare).page.evaluate("window.hurt") is not None
