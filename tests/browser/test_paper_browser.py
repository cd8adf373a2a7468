"""Portraits, overviews, comparisons and plans as papers: of one type, printed as PDF, clear without being seen."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest
from builders import DESK

from walkcircle import cli
from walkcircle.changes import compare_analyses, measure_covered
from walkcircle.plan import propose_plan
from walkcircle.views.files import write_comparison, write_outputs, write_plan
from walkcircle.views.palette import DARK, LIGHT
from walkcircle.views.pdf import print_pages

#: A suburb in English and a town in Chinese.
TOWNS = ("karhula", "town")
#: Where the pages of each sort lie in a run.
PAPERS = {
    "portrait": "communities/*.html", "overview": "overview.html", "changes": "changes/changes.html",
    "plan": "plan/plan.html",
}  # fmt: skip
EACH = pytest.mark.parametrize(("name", "paper"), [(name, paper) for name in TOWNS for paper in PAPERS])

#: A4 upright and across, in points, as browsers round it.
UPRIGHT, ACROSS = (595, 842), (842, 595)


@pytest.fixture(scope="session")
def papers(analyses, tmp_path_factory):
    """Return a page of each sort of both towns, by town and sort."""
    found = {}
    for name in TOWNS:
        folder, answer = tmp_path_factory.mktemp(name), analyses[name]
        write_outputs(answer, folder)
        write_plan(propose_plan(answer), folder / "plan")
        fewer = replace(answer.place, facilities=answer.place.facilities.iloc[::2])
        older = measure_covered(fewer, answer.study)
        write_comparison(compare_analyses(older, measure_covered(answer.place, answer.study)), folder / "changes")
        found |= {(name, paper): min(folder.glob(place)) for paper, place in PAPERS.items()}
    return found


@pytest.fixture
def read_page(chromium):
    """Return a function that opens a page offline."""
    contexts = []

    def open_page(path, scheme="light"):
        contexts.append(chromium.new_context(viewport=DESK, offline=True, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


# ── for those who do not see it ─────────────────────────────────────────────────────────────────

LANGUAGES = {"karhula": "en", "town": "zh-CN"}

#: What a reader of screens would stumble over, each with where.
STUMBLES = """() => {
  const found = [], all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all('h1, h2, h3, h4, h5, h6').map((one) => Number(one.localName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) found.push('one h1, and first');
  levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) found.push(`a level is left out: ${levels}`); });
  if (all('h1, h2, h3').some((one) => !one.textContent.trim())) found.push('an empty heading');
  for (const table of all('table')) {
    if (!table.tHead || !table.querySelector('thead th')) found.push('a table without heads');
    const columns = [...table.tHead.rows[0].cells].reduce((sum, cell) => sum + cell.colSpan, 0);
    for (const row of table.querySelectorAll('tbody tr')) {
      const mine = [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
      if (mine !== columns) found.push(`a row of ${mine} cells under ${columns} heads: ${row.textContent}`);
    }
  }
  for (const head of all('th')) {
    if (!['col', 'row', 'rowgroup'].includes(head.scope)) found.push(`a head without scope: ${head.textContent}`);
    if (!head.textContent.trim() && !head.ariaHidden) found.push('a head without words');
  }
  for (const drawing of all('svg')) {
    if (drawing.closest('[aria-hidden=true]')) continue;
    if (drawing.getAttribute('role') !== 'img' || !drawing.getAttribute('aria-label')?.trim())
      found.push(`a drawing without words: ${drawing.getAttribute('class')}`);
  }
  if (all('a').some((one) => !one.textContent.trim())) found.push('a link without words');
  const ids = all('[id]').map((one) => one.id);
  if (new Set(ids).size !== ids.length) found.push('an id twice');
  for (const mark of ['header', 'main', 'footer', 'title'])
    if (all(mark).length !== 1) found.push(`not one ${mark}`);
  return found;
}"""

#: The least contrast of any text with the ground that it stands on (WCAG 2.2), and the text.
CONTRAST = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
      if (a === 1 && r !== undefined) return [r, g, b];
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || one.closest('.plan, .choropleth')) continue;
    const style = getComputedStyle(one), colour = one.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(parse(colour)), light(ground(one))].sort((x, y) => x - y);
    const ratio = (b + 0.05) / (a + 0.05);
    if (ratio < least[0]) least = [ratio, `${one.className} ${text.slice(0, 40)}`];
  }
  return least;
}"""


@EACH
def test_a_paper_is_clear_to_those_who_do_not_see_it(papers, read_page, name, paper):
    """Language, headings in their order, heads of tables with their scope, words for each drawing."""
    page = read_page(papers[name, paper])
    assert page.evaluate("document.documentElement.lang") == LANGUAGES[name]
    assert page.evaluate(STUMBLES) == []


@EACH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(papers, read_page, name, paper, scheme):
    """4.5 to 1 at least, by day and by night."""
    least, text = read_page(papers[name, paper], scheme).evaluate(CONTRAST)
    assert least >= 4.5, text


@pytest.mark.parametrize(("scheme", "roles"), [("light", LIGHT), ("dark", DARK)])
def test_names_on_the_map_of_indices_stand_out_from_their_band(read_page, roles, scheme, papers):
    """Each band has letters of its own colour, taken from the page."""
    page = read_page(papers["karhula", "overview"], scheme)
    for band in range(5):
        colour = page.evaluate(
            "band => { const drawing = document.querySelector('svg.choropleth');"
            "const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');"
            "text.setAttribute('class', `on${band}`); drawing.append(text);"
            "return getComputedStyle(text).fill.match(/\\d+/g).map(Number); }",
            band,
        )
        pair = sorted(map(measure_light, (colour, bytes.fromhex(roles[f"band{band}"][1:]))))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, band


def measure_light(colour) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    channels = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ── one type for all ────────────────────────────────────────────────────────────────────────────

#: How what all papers have is set.
TYPE = """() => Object.fromEntries(['body', 'h1', '.eyebrow', 'footer', 'thead th'].map((selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [selector, [style.fontFamily, style.fontSize, style.fontWeight, style.lineHeight, style.color]];
}))"""


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("name", TOWNS)
def test_all_papers_are_set_in_one_type(papers, read_page, name, media):
    """Letters, sizes and colours of text, titles, heads and feet are the same on every paper."""
    seen = {}
    for paper in PAPERS:
        page = read_page(papers[name, paper])
        page.emulate_media(media=media)
        seen[paper] = page.evaluate(TYPE)
    # a listing as broad as the page is set a size smaller
    assert seen["plan"] | {"thead th": None} == seen["portrait"] | {"thead th": None}
    assert seen["overview"] == seen["changes"] == seen["portrait"]


@EACH
def test_numbers_are_aligned_and_tables_break_between_rows(papers, read_page, name, paper):
    """Numbers to the right in figures of one width; heads come again, no row is cut, no heading is left behind."""
    page = read_page(papers[name, paper])
    page.emulate_media(media="print")
    style = "all => [...new Set(all.map((one) => { const style = getComputedStyle(one); return %s; }))]"
    for selector, rule, value in (
        ("td.n, th.n", "style.textAlign", "right"),
        ("td.n", "String(style.fontVariantNumeric.includes('tabular-nums'))", "true"),
        ("thead", "style.display", "table-header-group"),
        ("tr", "style.breakInside", "avoid"),
        ("h2, h3", "style.breakAfter", "avoid"),
    ):
        assert page.locator(selector).evaluate_all(style % rule) == [value], selector


# ── as PDF ──────────────────────────────────────────────────────────────────────────────────────


def read_sizes(pdf: bytes) -> list[tuple[int, int]]:
    """Return width and height of each page, in points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def test_papers_are_printed_on_a4_by_the_installed_browser(papers, chromium_path):
    """Each beside its page, with nothing left over; a portrait on two pages at most."""
    pages = [papers["karhula", paper] for paper in PAPERS]
    done = []
    written = print_pages(pages, browser=chromium_path, report=lambda _, share: done.append(share))
    assert written == [page.with_suffix(".pdf") for page in pages]
    assert done == [0.25, 0.5, 0.75, 1.0]
    for page, pdf in zip(pages, written, strict=True):
        sizes = read_sizes(pdf.read_bytes())
        assert set(sizes) <= {UPRIGHT, ACROSS}
        assert sizes[0] == UPRIGHT
        assert not list(page.parent.glob("*.part.pdf"))
    assert len(read_sizes(written[0].read_bytes())) <= 2
    assert b"/StructTreeRoot" in written[0].read_bytes()  # headings and tables stay ones


def test_the_command_line_prints_a_page(papers, chromium_path, monkeypatch, capsys, tmp_path):
    """`walkcircle pdf` takes a folder, finds its pages, and says where the PDFs are."""
    (tmp_path / "overview.html").write_bytes(papers["town", "overview"].read_bytes())
    monkeypatch.setenv("WALKCIRCLE_CHROMIUM", str(chromium_path))
    monkeypatch.setattr(sys, "argv", ["walkcircle", "pdf", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert not stopped.value.code
    assert (tmp_path / "overview.pdf").read_bytes().startswith(b"%PDF-")
    assert capsys.readouterr().out.rstrip().endswith("overview.pdf")
