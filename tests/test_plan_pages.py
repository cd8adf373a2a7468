"""The district plan: every number is the table's, in page, document and workbook; every name is harmless."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from math import isnan
from string import Formatter
from xml.etree import ElementTree as ET

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from builders import (
    METRES,
    STROLLER,
    draw_network,
    make_communities,
    make_facilities,
    make_kind,
    make_place,
    make_residences,
    make_standard,
    make_study,
)
from PIL import Image

from walkcircle.analysis import analyse
from walkcircle.candidates import find_candidates
from walkcircle.choices import FAIR, MOST_PEOPLE
from walkcircle.errors import OutputError
from walkcircle.plan import propose_plan
from walkcircle.study import CheckupSection, CirclesSection, PlanSection, SitingSection
from walkcircle.tables import (
    BrokenRules,
    Candidates,
    Checkup,
    CircleGaps,
    Circles,
    CircleSizes,
    CommunityCoverage,
    Crossings,
    Gaps,
    IndexChanges,
    Links,
    Phases,
    ProjectGains,
    Projects,
    Proofs,
    Residences,
    Roads,
    SchoolRoutes,
    Wants,
)
from walkcircle.views.files import list_plan_tables, write_plan
from walkcircle.views.names import clean_name
from walkcircle.views.palette import BANDS
from walkcircle.views.planning import (
    Listing,
    build_sections,
    draw_page,
    tell_plan,
    write_docx,
    write_value,
    write_xlsx,
)
from walkcircle.views.planning.content import Head, clean_value
from walkcircle.views.planning.drawing import Area, Disc, Label, choose_blue, draw_sites, write_png, write_svg
from walkcircle.views.planning.wording import CHINESE, ENGLISH
from walkcircle.views.planning.workbook import name_sheets

#: Five minutes are 300 m. Four homes a kilometre apart, each a community, all with a shop; who needs a day centre is
#: known of the first two.
CLINIC = make_kind("clinic", 5.0, min_floor_m2=120.0, norm_per_1000=2.0, norm_unit="beds")
CENTRE = make_kind("day_centre", 5.0, category="care", group="elder")
STANDARD = make_standard(CLINIC, CENTRE, make_kind("shop", 90.0, category="trade"))
ELDERS = (25.0, 12.0, np.nan, np.nan)
AREAS = make_communities(
    {name: shapely.box(1000 * i - 500, -500, 1000 * i + 500, 500) for i, name in enumerate("abcd")}
)
#: Name, place, floor area, cost; what is not known is missing.
SITES = (("Old mill", 200, 300.0, 10.0), ("School yard", 1100, np.nan, 4.0), (None, 2100, 200.0, np.nan),
         ("Depot", 900, 500.0, 6.0), ("Station", 2900, 150.0, 3.0))  # fmt: skip


def sites_of(rows=SITES) -> gpd.GeoDataFrame:
    made = find_candidates(draw_network([[(0, 0), (3000, 0)]]), every_m=100).iloc[: len(rows)]
    return made.assign(
        **{
            Candidates.candidate: [f"s{number}" for number, _ in enumerate(rows)],
            Candidates.name: [row[0] for row in rows], Candidates.kinds: "*",
            Candidates.floor_m2: [row[2] for row in rows], Candidates.capex: [row[3] for row in rows],
            Candidates.community: ["abcd"[round(row[1] / 1000)] for row in rows], Candidates.source: "list",
        }
    ).set_geometry([shapely.Point(row[1], 0) for row in rows], crs=METRES)  # fmt: skip


def plan_of(*, sites=SITES, plan=None, **siting):
    homes = make_residences([(str(i), people, (1000 * i, 0)) for i, people in enumerate((100, 60, 30, 20))])
    homes[Residences.elder] = ELDERS
    place = make_place(
        draw_network([[(0, 0), (3000, 0)]]), homes, make_facilities([("m", "shop", (1000, 10))]), AREAS, STANDARD
    )
    place = replace(place, candidates=None if sites is None else sites_of(sites), data_date="2026-05-04")
    study = make_study(
        STANDARD, walkers=(STROLLER,), minutes=(5.0,), plan=plan or PlanSection(links=False),
        siting=SitingSection(**siting), checkup=CheckupSection(draws=0),
    )  # fmt: skip
    return propose_plan(analyse(place, study))


@pytest.fixture(scope="module")
def priced():
    """Return a plan with a budget in money, which does not reach for all; one site has no known cost."""
    return plan_of(plan=PlanSection(links=False, budget=(10.0, 8.0), fair_share=0.5), currency="EUR")


@pytest.fixture(scope="module")
def counted():
    """Return a plan without money, in which costs are known of some projects."""
    return plan_of(plan=PlanSection(links=False, years=3, projects_per_year=2), currency="EUR")


@pytest.fixture(scope="module")
def empty():
    """Return a plan in which nothing can be built."""
    return plan_of(sites=())


@pytest.fixture(scope="module")
def circled():
    """Return a plan with living circles, and pupils who cross a main street on their way to school."""
    standard = make_standard(CLINIC, make_kind("school", 12.0, group="pupil"), make_kind("shop", 90.0))
    # nobody walks round the end of the street in time
    network = draw_network([[(-500, 0), (3000, 0)]], kind=["primary"], osm_way=[1])
    homes = make_residences([(str(i), people, (1000 * i, -20)) for i, people in enumerate((100, 60, 30, 20))])
    homes[Residences.pupil] = [10.0, 6.0, 3.0, np.nan]
    there = [("m", "shop", (1000, 10)), ("k", "clinic", (0, 0)), ("s", "school", (600, 20))]
    street = gpd.GeoDataFrame(
        {Roads.road: [1], Roads.road_class: ["primary"], Roads.name: ["Main </td> Street"]},
        geometry=[shapely.LineString([(-500, 0), (3000, 0)])], crs=METRES,
    )  # fmt: skip
    place = replace(make_place(network, homes, make_facilities(there), AREAS, standard), roads=street)
    rules = {"population": [50, 100, 150], "limit_min": 5.0}
    study = make_study(
        standard, walkers=(STROLLER,), minutes=(5.0,), plan=PlanSection(links=False), checkup=CheckupSection(draws=0),
        circles=CirclesSection(five=rules, fifteen={"population": [150, 200, 250], "limit_min": 20.0}),
    )  # fmt: skip
    return propose_plan(analyse(place, study))


@pytest.fixture(scope="module")
def suburb(analyses):
    """Return the plan of a real suburb, with missing links."""
    return propose_plan(analyses["karhula"])


@pytest.fixture(params=["priced", "counted", "empty", "circled", "suburb"])
def plan(request):
    return request.getfixturevalue(request.param)


@cache
def tell(plan, language="en"):
    """Return the sections of a plan, which several tests read."""
    return build_sections(plan, language)


BOTH = pytest.mark.parametrize("language", ["en", "zh"])


def find(plan, name, language="en") -> Listing:
    """Return a listing by its id."""
    return next(one for section in tell(plan, language) for one in section.listings if one.id == name)


def column(listing: Listing, of: str) -> list:
    """Return the values of the column that is taken from a column of a table."""
    at = next(number for number, head in enumerate(listing.heads) if head.of == str(of))
    return [row[at] for row in listing.rows]


def same(listed: list, table: pd.Series) -> bool:
    assert len(listed) == len(table)
    return all(
        (one is None and pd.isna(other)) or (one is not None and float(one) == float(other))
        for one, other in zip(listed, table, strict=True)
    )


def text_of(plan, number: int, language="en") -> str:
    return " ".join(one.text for one in tell(plan, language)[number - 1].sentences)


# ── every number is the table's ─────────────────────────────────────────────────────────────────


def test_rows_of_projects_years_and_proofs_are_those_of_the_tables(plan):
    shown = [("phases", plan.phases, Phases), ("proofs", plan.proofs, Proofs), ("projects", plan.projects, Projects)]
    for name, table, declared in (one for one in shown if len(one[1])):
        listing = find(plan, name)
        told = {head.of for head in listing.heads if head.of and head.form != "text"}
        columns = [one for one in declared.columns() if str(one) in told]
        assert len(columns) >= 5
        for one in columns:
            assert same(column(listing, one), table[one]), one


def test_people_by_group_are_those_of_the_gains(counted, priced):
    listing = find(counted, "projects")
    gains = counted.gains.groupby([ProjectGains.project, ProjectGains.group])[ProjectGains.newly_served].sum()
    whole = np.zeros(len(listing.rows))
    for group in ("all", "elder"):
        mine = column(listing, f"newly_served:{group}")
        assert mine == [gains.get((project, group), 0.0) for project in counted.projects[Projects.project]]
        whole += mine
    assert whole == pytest.approx(counted.projects[Projects.newly_served].to_numpy())
    # where all are residents, one column says it
    assert set(priced.gains[ProjectGains.group]) == {"all"}
    assert not any(":" in head.of for head in find(priced, "projects").heads)


def test_coverage_and_indices_before_and_after_are_those_of_the_tables(plan):
    listing, table = find(plan, "before_after"), plan.before_after
    known = plan.analysis.communities
    known = known.assign(k=known[CommunityCoverage.population] - known[CommunityCoverage.unknown]).groupby("kind")["k"]
    for head, of in (("covered_before", "share_before"), ("covered_after", "share_after")):
        sums = table.groupby("kind", sort=False)[head].sum()
        assert column(listing, head) == pytest.approx(sums.tolist())
        assert column(listing, of) == pytest.approx((sums / known.sum().reindex(sums.index)).tolist())
    changes = plan.index_changes
    changes = changes[changes[IndexChanges.index_before].notna() | changes[IndexChanges.index_after].notna()]
    if len(changes):
        for of in (IndexChanges.index_before, IndexChanges.index_after, IndexChanges.rank_after):
            assert same(column(find(plan, "indices"), of), changes[of])
    else:
        assert ENGLISH["indices_none"] in text_of(plan, 12)


def test_gaps_ranking_and_indicators_are_those_of_the_tables(plan):
    answer = plan.analysis
    firm = answer.gaps[answer.gaps[Gaps.verdict] == "gap"]
    assert sorted(column(find(plan, "gaps"), Gaps.residents_without)) == sorted(firm[Gaps.residents_without])
    assert sum(column(find(plan, "gap_kinds"), Gaps.residents_without)) == pytest.approx(
        firm[Gaps.residents_without].sum()
    )
    ranking = find(plan, "ranking")
    lived_in = answer.checkup[answer.checkup[Checkup.population] > 0]
    assert sum(column(ranking, Checkup.population)) == pytest.approx(lived_in[Checkup.population].sum())
    assert sorted(x for x in column(ranking, Checkup.index) if x is not None) == sorted(
        lived_in[Checkup.index].dropna()
    )
    left = column(find(plan, "indicators"), Phases.gap_left)
    assert left == pytest.approx([plan.pool.wants[Wants.people].sum(), plan.phases[Phases.gap_left].iloc[-1]])


def test_circles_and_what_they_lack_are_those_of_the_tables(circled):
    made = circled.analysis.circles
    sizes = find(circled, "circle_sizes")
    shown = (
        CircleSizes.circles,
        CircleSizes.population,
        CircleSizes.too_small,
        CircleSizes.mean_min,
        CircleSizes.broken,
    )
    for of in shown:
        assert same(column(sizes, of), made.sizes[of])
    assert sum(column(find(circled, "broken_rules"), "times")) == len(made.broken)
    assert sum(column(find(circled, "broken_rules"), BrokenRules.people)) == made.broken[BrokenRules.people].sum()
    circles = find(circled, "circles")
    listed = {row[0]: row for row in circles.rows}
    of_circles = (Circles.population, Circles.area_km2)
    at = [next(n for n, head in enumerate(circles.heads) if head.of == of) for of in of_circles]
    for row in made.circles.to_dict("records"):
        mine = listed.pop(row[Circles.circle])
        assert [mine[n] for n in at] == [row[of] for of in of_circles]
    assert not listed
    gaps = find(circled, "circle_gaps")
    assert sum(column(gaps, CircleGaps.without)) == pytest.approx(made.gaps[CircleGaps.without].sum())
    assert sum(column(gaps, CircleGaps.to_check)) == pytest.approx(made.gaps[CircleGaps.to_check].sum())
    lacks = find(circled, "circle_lacks")
    assert sum(column(lacks, CircleGaps.lacking)) == made.gaps[CircleGaps.lacking].sum() > 0
    owed = made.gaps[made.gaps[CircleGaps.owed]]
    assert sum(column(lacks, "without_owed")) == pytest.approx(owed[CircleGaps.without].sum())


@BOTH
def test_ways_to_school_are_those_of_the_tables(circled, language):
    """Homes are on one side of the main street and the school is on the other: nobody's way is known to be safe."""
    made = circled.analysis.schools
    schools = find(circled, "schools", language)
    for of in (SchoolRoutes.pupils, SchoolRoutes.share_if_unprotected, SchoolRoutes.share_if_protected):
        assert same(column(schools, of), made.routes[of])
    assert column(schools, SchoolRoutes.pupils) == [16]
    words = (CHINESE if language == "zh" else ENGLISH)["schools_share"]
    said = words.format(pupils=16, kind="school", limit=12, low="0 %", high="100 %")
    assert said.replace("\u202f", " ") in text_of(circled, 7, language).replace("\u202f", " ")
    crossings = find(circled, "crossings", language)
    assert same(column(crossings, Crossings.pupils), made.crossings[Crossings.pupils])
    degrees = made.crossings.geometry.representative_point().to_crs(4326)
    assert column(crossings, "lon") == pytest.approx(degrees.x.tolist())
    assert column(crossings, "lat") == pytest.approx(degrees.y.tolist())


def test_the_map_has_the_borders_of_the_larger_circles(circled, counted):
    def count(plan):
        drawing = tell(plan)[9].drawing
        return sum(isinstance(one, Area) and one.fill is None for one in drawing.shapes), drawing.caption

    larger = circled.analysis.circles.list_larger()
    assert count(circled)[0] == 2 * len(larger)  # each with a pale edge
    assert ENGLISH["map_circles"] in count(circled)[1]
    assert count(counted) == (0, ENGLISH["map_caption"])


class Page(HTMLParser):
    """A page read back: its numbers and texts by table, its tags, links and handlers."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: dict[str, list[tuple[str, str | None]]] = {}
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.table, self.open = "", False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.tags.add(tag)
        self.handlers += [name for name in known if name.startswith("on")]
        self.links += [known[name] for name in ("href", "src") if name in known]
        if tag == "div" and "id" in known:
            self.table = known["id"]
            self.cells[self.table] = []
        if tag == "td":
            self.cells[self.table].append(("", None))
            self.open = True
        if self.open and "data-value" in known:
            self.cells[self.table][-1] = ("", known["data-value"])

    def handle_endtag(self, tag):
        if tag == "td":
            self.open = False

    def handle_data(self, data):
        self.text.append(data)
        if self.open:
            text, value = self.cells[self.table][-1]
            self.cells[self.table][-1] = (text + data, value)


@BOTH
def test_the_page_shows_every_value_of_every_listing(plan, language):
    sections = tell(plan, language)
    page = Page(draw_page(plan, language, sections=sections))
    for listing in (one for section in sections for one in section.listings):
        shown = listing.trim()
        wanted = [(value, head) for row in shown.rows for value, head in zip(row, shown.heads, strict=True)]
        for (text, whole), (value, head) in zip(page.cells[listing.id], wanted, strict=True):
            assert text == write_value(value, head.form)
            if head.form not in {"text", "page"}:
                assert whole == ("" if value is None else repr(float(value)))


@BOTH
def test_the_document_shows_the_same_texts(plan, language):
    sections = tell(plan, language)
    document = docx.Document(io.BytesIO(write_docx(plan, language, sections=sections)))
    listings = [one.trim() for section in sections for one in section.listings]
    assert len(document.tables) == len(listings)
    for table, listing in zip(document.tables, listings, strict=True):
        texts = [[cell.text for cell in row.cells] for row in table.rows]
        assert texts[0] == [head.label for head in listing.heads]
        assert texts[1:] == [list(map(write_value, row, (h.form for h in listing.heads))) for row in listing.rows]
        assert table.rows[0]._tr.xpath(".//w:tblHeader")
    told = [paragraph.text for paragraph in document.paragraphs]
    assert tell_plan(plan, language).text in told
    for section in sections:
        assert f"{section.number}  {section.title}" in told
        assert {one.text for one in section.sentences} <= set(told)


@BOTH
def test_the_workbook_holds_every_row_as_numbers(plan, language):
    sections = tell(plan, language)
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(plan, language, sections=sections)))
    names = name_sheets(sections)
    assert book.sheetnames[1:] == list(names.values())
    for listing in (one for section in sections for one in section.listings):
        sheet = book[names[listing.id]]
        assert sheet.freeze_panes == "A2"
        cells = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=len(listing.heads))]
        assert cells[0] == [head.label for head in listing.heads]
        for row, values in zip(cells[1:], listing.rows, strict=False):
            wanted = [None if value == "" else value for value in values]
            assert row == [pytest.approx(one, rel=1e-12) if isinstance(one, float) else one for one in wanted]
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    words = [row[1].value for row in book.worksheets[0].iter_rows()]
    assert {one.text for section in sections for one in section.sentences} <= set(words)


# ── fifteen sections ────────────────────────────────────────────────────────────────────────────


@BOTH
def test_there_are_fifteen_sections_and_none_is_empty(plan, language):
    sections = tell(plan, language)
    assert [section.number for section in sections] == list(range(1, 16))
    for section in sections:
        assert section.title
        assert section.sentences or section.listings
        assert all(listing.rows and listing.title for listing in section.listings)
        assert all(one.text.strip() and "{" not in one.text for one in section.sentences)
    ids = [listing.id for section in sections for listing in section.listings]
    assert len(set(ids)) == len(ids)


def test_both_languages_say_the_same_things():
    fields = [{key: {name for _, name, _, _ in Formatter().parse(text) if name} for key, text in words.items()}
              for words in (ENGLISH, CHINESE)]  # fmt: skip
    assert fields[0] == fields[1]


def test_a_plan_in_chinese_has_no_english_words_of_ours(priced):
    ours = {text for key, text in ENGLISH.items() if key != "lang" and len(text) > 3}
    # what the standard's document is called is its own
    told = [one.text for section in tell(priced, "zh") if section.number != 8 for one in section.sentences]
    heads = [head.label for section in tell(priced, "zh") for one in section.listings for head in one.heads]
    assert not ours & {*told, *heads}
    assert all(re.search("[\u4e00-\u9fff]", text) for text in told)


def test_a_plan_of_nothing_says_so(empty):
    assert tell_plan(empty, "en").text == ENGLISH["finding_nothing"]
    assert ENGLISH["no_projects"] in text_of(empty, 10)
    assert ENGLISH["proof_none"] in text_of(empty, 12)
    assert tell(empty, "en")[9].drawing is None


# ── money, unknown and proof ────────────────────────────────────────────────────────────────────


def test_a_cost_that_is_not_known_is_never_zero_and_no_sum_holds_it(counted):
    costs = column(find(counted, "projects"), Projects.capex)
    assert None in costs
    assert 0 not in costs
    unknown = sum(one is None for one in costs)
    text = text_of(counted, 11)
    assert ENGLISH["cost_each"] in text
    assert ENGLISH["cost_sum"].format(sum=f"{sum(filter(None, costs)):,.0f}", unit="EUR") in text
    assert ENGLISH["cost_partly"].format(count=unknown, projects=len(costs)) in text
    heads = [head.label for head in find(counted, "phases").heads]
    assert "Budget (projects)" in heads


def test_where_no_cost_is_known_pages_have_no_column_of_it_and_the_workbook_has(suburb):
    listing = find(suburb, "projects")
    assert any(head.of == Projects.capex for head in listing.heads)
    assert not any(head.of == Projects.capex for head in listing.trim().heads)
    assert ENGLISH["cost_unknown"] in text_of(suburb, 11)


def test_a_budget_is_told_in_its_currency_and_who_waits_is_told(priced):
    assert "18 EUR may be spent in all" in text_of(priced, 1)
    waiting = int(priced.projects[Projects.year].isna().sum())
    assert ("found no year" in text_of(priced, 11)) == (waiting > 0)
    spent, served = priced.phases[Phases.spent].sum(), priced.phases[Phases.newly_served].sum()
    told = ENGLISH["cost_effect"].format(cost=f"{spent / served:,.0f}" if spent / served >= 0.5 else "<1", unit="EUR")
    assert told in text_of(priced, 12)
    assert ENGLISH["cost_asked"] in text_of(priced, 9)


def proven(plan, *, objective, bound, lacking=2000.0, fair=False, served=None):
    """Return a plan with such a proof."""
    proofs = plan.proofs.assign(**{
        Proofs.objective: [objective, objective], Proofs.bound: [bound, bound],
        Proofs.proven_gap: (bound - objective) / bound,
    })  # fmt: skip
    phases = plan.phases.assign(**{Phases.served_so_far: objective if served is None else served})
    wants = plan.pool.wants.iloc[:1].assign(**{Wants.people: lacking})
    section = replace(plan.analysis.study.plan, fair=fair)
    analysis = replace(plan.analysis, study=replace(plan.analysis.study, plan=section))
    return replace(plan, proofs=proofs, phases=phases, pool=replace(plan.pool, wants=wants), analysis=analysis)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"objective": 950.0, "bound": 1000.0}, ("No plan of this budget can serve more than 1,000 people; this one "
         "serves 950 (gap 5.0 %). Who lacks two kinds counts twice.")),
        ({"objective": 999.99, "bound": 1000.0}, "more than 1,000 people; this one serves 1,000 (gap <0.1 %)."),
        ({"objective": 1000.0, "bound": 1000.0}, "this one serves 1,000 (gap 0 %)."),
        ({"objective": 2000.0, "bound": 2000.0}, ("No plan can serve more than the 2,000 people who are certainly "
         "without; this one serves all of them.")),
        ({"objective": 950.0, "bound": 1000.0, "served": 900.0}, ("In the years of the programme 900 of them are "
         "served (gap 10.0 %).")),
    ],
)  # fmt: skip
def test_the_proof_is_one_sentence_that_a_finance_bureau_can_read(priced, numbers, sentence):
    plan = proven(priced, **numbers)
    assert sentence in text_of(plan, 12)


def test_the_price_of_fairness_is_told_with_the_promise(priced):
    free = text_of(replace(priced, price_of_fairness=0.0), 12)
    assert "at least 50 % of its people without costs nothing" in free.replace("\u202f", " ")
    dear = text_of(replace(priced, price_of_fairness=12.0), 12)
    assert "12 people fewer" in dear
    assert ENGLISH["fair_open"] in dear
    assert ENGLISH["fair_chosen"] in text_of(proven(priced, objective=9.0, bound=9.0, fair=True), 12)
    assert "price" not in text_of(replace(priced, price_of_fairness=None), 12)
    assert set(priced.proofs[Proofs.question]) == {MOST_PEOPLE, FAIR}


def test_whoever_stands_in_for_a_group_is_told(counted, priced):
    for plan in (counted, priced):
        assert (ENGLISH["stand_in"] in text_of(plan, 11)) == plan.gains[ProjectGains.stand_in].any()
    assert counted.gains[ProjectGains.stand_in].any()


def test_kinds_without_a_project_in_the_pool_are_named():
    plan = plan_of(sites=(("Shed", 100, 50.0, 1.0),))
    assert ENGLISH["pool_misses"].format(kinds="clinic") in text_of(plan, 9)


# ── names are hostile ───────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }}{% raw %}{limit} %s",
    "\u202eabc\u2066def\u200f",
    "\x00\x0b\x1b[31m\ufffe\uffff",
    '=HYPERLINK("http://example.org";"x")',
    "]]></w:t><w:p/>&amp; _x0041_",
    "长" * 10_000,
]


def poison(plan, name: str):
    """Return the plan with a name for everything that has one."""
    answer = plan.analysis
    kinds = tuple(replace(kind, zh=name, en=name) for kind in answer.study.standard.kinds)
    study = replace(answer.study, title=name, standard=replace(answer.study.standard, kinds=kinds, source=name))
    sites = answer.place.candidates.assign(**dict.fromkeys((Candidates.name, Candidates.ownership), name))
    place = replace(answer.place, candidates=sites, sources=(name,), notes=(name,), population_source=name)
    checkup = answer.checkup.assign(**{Checkup.name: name})
    projects = plan.projects.assign(**dict.fromkeys((Projects.name, Projects.doubt), name))
    links = gpd.GeoDataFrame(
        {Links.link: ["l1"], Links.link_kind: ["gate"], Links.over: [name], Links.built_m: [0.0], Links.doubt: [name]},
        geometry=[shapely.Point(900, 0)], crs=METRES,
    ).reindex(columns=[*map(str, Links.columns())])  # fmt: skip
    return replace(
        plan, projects=projects, links=links, analysis=replace(answer, study=study, place=place, checkup=checkup)
    )


@pytest.fixture(scope="module")
def tags(counted):
    """Return the tags of a page whose names are harmless."""
    return Page(draw_page(poison(counted, "Mill"), "en")).tags


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_shown_as_text_everywhere(name, counted, tags):
    plan = poison(counted, name)
    sections = tell(plan, "en")
    html = draw_page(plan, "en", sections=sections)
    page = Page(html)
    assert len(html) < 150_000
    assert page.tags <= tags
    assert not page.handlers
    assert all(link.startswith(("#s", "../")) for link in page.links)
    document = docx.Document(io.BytesIO(write_docx(plan, "en", sections=sections)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(plan, "en", sections=sections)))
    values = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in values)
    shown = clean_name(name)
    texts = {"".join(page.text), " ".join(cells), " ".join(str(cell.value) for cell in values)}
    for text in texts:
        # a workbook writes _x0041_ in another way, so that it is read as it stands
        assert shown in text or shown in text.replace("_x005F_", "_")
        assert not any(unicodedata.category(letter) == "Cs" or "\u202a" <= letter <= "\u202e" for letter in text)
        assert not set(text) & {"\x00", "\x0b", "\x1b", "\u2066", "\ufffe", "\uffff"}


def test_hostile_names_are_written_to_all_files(counted, tmp_path):
    written = write_plan(poison(counted, "".join(name[:40] for name in HOSTILE)), tmp_path)
    assert all(path.exists() for path in written.values())


# ── files ───────────────────────────────────────────────────────────────────────────────────────


def read_bytes(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_plan_gives_the_same_bytes(priced, tmp_path, monkeypatch):
    write_plan(priced, tmp_path / "one")
    slower = replace(priced, proofs=priced.proofs.assign(**{Proofs.seconds: 99.0}))
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    write_plan(slower, tmp_path / "two")
    one, two = read_bytes(tmp_path / "one"), read_bytes(tmp_path / "two")
    assert one == two
    assert {"plan.html", "plan.docx", "plan.xlsx", "plan.gpkg", "tables/projects.csv"} <= set(one)
    assert not any(name.startswith(".") for name in one)


def test_dates_inside_are_those_of_the_data(priced, tmp_path):
    files = write_plan(priced, tmp_path)
    for name in ("document", "workbook"):
        with zipfile.ZipFile(files[name]) as parts:
            assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2026-05-04T00:00:00Z" in parts.read("docProps/core.xml")
    changed = pyogrio.read_dataframe(files["geopackage"], layer="layer_styles")["update_time"]
    assert {str(day)[:10] for day in changed} == {"2026-05-04"}


def test_tables_on_disk_are_those_of_the_plan(priced, tmp_path):
    files = write_plan(priced, tmp_path)
    for name, table in list_plan_tables(priced).items():
        written = pd.read_csv(files["tables"] / f"{name}.csv")
        assert len(written) == len(table), name
        if name != "links":
            numbers = [c for c in table.columns if c != "geometry" and pd.api.types.is_float_dtype(table[c])]
            for one in numbers:
                assert written[one].to_numpy(dtype=float) == pytest.approx(
                    table[one].to_numpy(dtype=float), nan_ok=True
                )
    assert "seconds" not in pd.read_csv(files["tables"] / "proofs.csv")


def test_layers_have_a_style_with_a_symbol_for_each_class(suburb, tmp_path):
    file = write_plan(suburb, tmp_path)["geopackage"]
    kinds = dict(pyogrio.list_layers(file))
    assert kinds["sites"] == "Point"
    assert kinds["links"] == "LineString"
    sites, links = (gpd.read_file(file, layer=name) for name in ("sites", "links"))
    assert sites[Projects.rank].tolist() == suburb.projects[Projects.rank].tolist()
    assert len(links) == (suburb.links.geom_type != "Point").sum()
    styles = pyogrio.read_dataframe(file, layer="layer_styles").set_index("f_table_name")
    assert set(styles.index) <= set(kinds)
    for name, row in styles.iterrows():
        assert row["useAsDefault"]
        assert row["f_geometry_column"] == "geom"
        style = ET.fromstring(row["styleQML"])
        renderer = style.find("renderer-v2")
        assert renderer.get("attr") in set(gpd.read_file(file, layer=name).columns)
        classes = renderer.findall("categories/category")
        assert {one.get("symbol") for one in classes} == {one.get("name") for one in renderer.findall("symbols/symbol")}
        if name == "sites":
            assert [one.get("value") for one in classes] == [*map(str, suburb.phases[Phases.year]), ""]
        else:
            assert set(links[Links.link_kind]) <= {one.get("value") for one in classes}


def test_a_folder_that_is_none_is_refused_in_words(priced, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write here"):
        write_plan(priced, blocked)


@BOTH
def test_the_page_runs_no_script_and_loads_nothing(suburb, language):
    html = draw_page(suburb, language)
    page = Page(html)
    assert "default-src 'none'" in html
    assert not page.tags & {"script", "img", "link", "iframe"}
    assert not re.search(r"(src|url|@import)\s*[=(]", html.replace("url(#hatch)", ""))
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert all(link[1:] in targets for link in page.links if link.startswith("#"))


# ── long, short, and how it is written ──────────────────────────────────────────────────────────


def test_a_long_listing_is_cut_on_a_page_and_says_so(counted):
    rows = tuple((number, f"row {number}") for number in range(200))
    listing = Listing("long", "Long", (Head("No.", "count", "no"), Head("Name")), rows, shown=10)
    section = replace(tell(counted, "en")[4], listings=(listing,))
    html = draw_page(counted, "en", sections=(section,))
    assert "row 9<" in html
    assert "row 10<" not in html
    assert "190 more rows stand in plan.xlsx." in html
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(counted, "en", sections=(section,))))
    assert book["5 Long"].max_row == 201


def test_sheets_have_names_that_a_workbook_allows(counted):
    sections = tell(counted, "en")
    odd = [Listing(f"x{n}", "a" * 40 + "/[]:*?\\'", (Head("h"),), (("v",),)) for n in range(12)]
    names = list(name_sheets((replace(sections[0], listings=tuple(odd)),)).values())
    assert len({name.lower() for name in names}) == 12
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (None, "people", "–"), (0.2, "people", "<1"), (0, "count", "0"), (-2.04, "points", "−2.0"),
        (0.04, "points", "0"), (1234567.0, "money", "1,234,567"), (2031, "year", "2031"), (99.99, "index", "99.9"),
        (0.05, "gap", "5.0 %"), (0.223, "ratio", "0.22"), ("Mill", "text", "Mill"), ("", "text", ""),
    ],
)  # fmt: skip
def test_values_are_written_as_they_are_read(value, form, text):
    assert write_value(value, form) == text


def test_what_is_missing_in_any_table_is_missing_in_a_cell():
    assert [clean_value(one) for one in (None, np.nan, pd.NA, pd.NaT, "\x00", "\ud800")] == [None] * 6
    assert [clean_value(one) for one in (np.int64(3), np.float64(2.5), "", True)] == [3, 2.5, "", 1]
    assert all(not isinstance(clean_value(one), np.generic) for one in (np.int64(3), np.float64(2.5)))


# ── the map ─────────────────────────────────────────────────────────────────────────────────────


def lightness(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_years_are_told_apart_by_lightness_alone(count):
    shades = [lightness(choose_blue(number, count)) for number in range(count)]
    assert shades == sorted(shades)
    assert len(set(shades)) == count


def test_every_number_on_the_map_can_be_read(suburb):
    years = list(range(2020, 2029))
    projects = suburb.projects.assign(**{Projects.year: years})
    drawing = draw_sites(suburb.analysis.checkup, projects, years, links=suburb.links, label="", caption="")
    discs = [one for one in drawing.shapes if isinstance(one, Disc) and one.text]
    assert [one.text for one in discs] == [str(rank) for rank in projects[Projects.rank]]
    centres = np.array([(one.x, one.y) for one in discs])
    apart = np.hypot(*(centres[:, None] - centres[None]).T)[np.triu_indices(len(discs), 1)]
    assert apart.min() >= 2 * discs[0].radius
    inside = re.findall(r'<circle[^>]*fill="(#\w+)"[^>]*/><text[^>]*"middle" fill="(#\w+)', write_svg(drawing))
    assert len(inside) == len(set(inside)) == len(discs)
    for circle, letters in inside:
        low, high = sorted((lightness(circle), lightness(letters)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_map_names_communities_where_letters_are_sure_and_the_picture_has_none(suburb):
    drawing = tell(suburb, "zh")[9].drawing
    names = {one.text for one in drawing.shapes if isinstance(one, Label) and one.is_name}
    assert names <= set(suburb.analysis.checkup[Checkup.name])
    keys = {one.text for one in drawing.shapes if isinstance(one, Label) and not one.is_name}
    assert {band.label for band in BANDS} <= keys
    assert {str(year) for year in suburb.phases[Phases.year]} <= keys
    assert all(ord(letter) < 0x2E80 for text in keys for letter in text)
    picture = Image.open(io.BytesIO(write_png(drawing)))
    assert picture.size == (1800, 1296)
    darkest = tuple(int(choose_blue(0, 3)[at : at + 2], 16) for at in (1, 3, 5))
    disc = next(one for one in drawing.shapes if isinstance(one, Disc) and one.text)
    assert picture.getpixel((round((disc.x - 15) * 1.5), round(disc.y * 1.5))) == darkest


@pytest.mark.parametrize("count", [1, 40, 100, 400])
def test_however_many_projects_there_are_marks_stay_on_the_map(suburb, count):
    some = suburb.projects.iloc[np.arange(count) % len(suburb.projects)]
    some = some.assign(**{Projects.rank: np.arange(1, count + 1)})
    drawing = draw_sites(suburb.analysis.checkup, some, [2020, 2021], links=suburb.links, label="", caption="")
    marks = [one for one in drawing.shapes if isinstance(one, Disc)][:count]
    assert all(0 <= one.x <= drawing.width and 0 <= one.y <= drawing.height and not isnan(one.x) for one in marks)
    assert bool(marks[0].text) == (count <= 150)
